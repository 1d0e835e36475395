#include "akin/store/embeddings_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/data/readers/text_decode.h"
#include "akin/store/embeddings_reader.h"

namespace akin {
namespace {

constexpr std::size_t kDim = 17;  // one more than a padded vector of 16

class EmbeddingsFileTest : public testing::Test {
 protected:
  void fill(const std::vector<std::string>& names) {
    for (const std::string& name : names) ids_.add(name);
    vectors_ = Matrix(names.size(), kDim);
    for (std::size_t r = 0; r < names.size(); ++r) {
      for (std::size_t d = 0; d < kDim; ++d) {
        vectors_[r][d] = std::ldexp(static_cast<float>(r + 1) / 3.0F, static_cast<int>(d) * 4 - 30);
      }
    }
  }
  std::string write(EmbeddingFormat format, IdEscape escape = IdEscape::kNone) {
    write_embeddings({ids_, vectors_}, format, path_, escape);
    return read_file(path_);
  }
  bool row_equals(std::size_t r, const char* bytes) const {
    return std::memcmp(vectors_.row(r), bytes, kDim * sizeof(float)) == 0;
  }

  TempDir dir_;
  std::string path_ = dir_ / "vectors";
  IdMap ids_;
  Matrix vectors_;
};

TEST_F(EmbeddingsFileTest, NpyHoldsRowsWithoutPadding) {
  fill({"a", "line\nbreak", "c"});
  const std::string content = write(EmbeddingFormat::kNpy);
  ASSERT_EQ(content.substr(0, 6), "\x93NUMPY");
  const std::size_t header =
      static_cast<unsigned char>(content[8]) + 256U * static_cast<unsigned char>(content[9]);
  EXPECT_EQ((10 + header) % 64, 0U);
  EXPECT_NE(content.find("'shape': (3, 17)"), std::string::npos);
  ASSERT_EQ(content.size(), 10 + header + 3 * kDim * sizeof(float));
  for (std::size_t r = 0; r < 3; ++r)
    EXPECT_TRUE(row_equals(r, &content[10 + header + r * kDim * sizeof(float)]));
  const auto ids = nlohmann::json::parse(read_file(path_ + ".ids.json"));
  EXPECT_EQ(ids, nlohmann::json({"a", "line\nbreak", "c"}));
}

TEST_F(EmbeddingsFileTest, CsvQuotesIdsAndReadsBackToTheSameFloats) {
  fill({"plain", "a,b", "say \"x\""});
  std::istringstream lines(write(EmbeddingFormat::kCsv));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line.substr(0, 9), "id,d0,d1,");
  const std::string quoted[] = {"plain,", "\"a,b\",", "\"say \"\"x\"\"\","};
  for (std::size_t r = 0; r < 3; ++r) {
    ASSERT_TRUE(std::getline(lines, line));
    ASSERT_EQ(line.substr(0, quoted[r].size()), quoted[r]);
    std::istringstream fields(line.substr(quoted[r].size()));
    for (std::size_t d = 0; d < kDim; ++d) {
      std::string field;
      std::getline(fields, field, ',');
      EXPECT_EQ(std::stof(field), vectors_[r][d]);
    }
  }
}

TEST_F(EmbeddingsFileTest, Word2VecTextAndBinary) {
  fill({"a", "b"});
  std::istringstream text(write(EmbeddingFormat::kWord2Vec));
  std::size_t rows = 0;
  std::size_t cols = 0;
  text >> rows >> cols;
  EXPECT_EQ(rows, 2U);
  EXPECT_EQ(cols, kDim);
  for (std::size_t r = 0; r < 2; ++r) {
    std::string id;
    text >> id;
    EXPECT_EQ(id, r == 0 ? "a" : "b");
    for (std::size_t d = 0; d < kDim; ++d) {
      std::string number;
      text >> number;
      EXPECT_EQ(std::stof(number), vectors_[r][d]);
    }
  }
  const std::string binary = write(EmbeddingFormat::kWord2VecBin);
  const std::string head = "2 17\n";
  ASSERT_EQ(binary.substr(0, head.size()), head);
  const std::size_t row = 2 + kDim * sizeof(float) + 1;
  ASSERT_EQ(binary.size(), head.size() + 2 * row);
  EXPECT_EQ(binary.substr(head.size() + row, 2), "b ");
  EXPECT_TRUE(row_equals(1, &binary[head.size() + row + 2]));
  EXPECT_EQ(binary.back(), '\n');
}

TEST_F(EmbeddingsFileTest, WhiteSpaceInIdsIsRefusedOrEscaped) {
  fill({"fine", "two words\n100%"});
  for (const EmbeddingFormat format : {EmbeddingFormat::kWord2Vec, EmbeddingFormat::kWord2VecBin}) {
    try {
      write(format);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_NE(std::string(error.what()).find("two words"), std::string::npos);
    }
    EXPECT_THROW(read_file(path_), Error);  // nothing was written
    EXPECT_NE(write(format, IdEscape::kPercent).find("\ntwo%20words%0A100%25 "), std::string::npos);
    std::remove(path_.c_str());
  }
}

/// Ids of any bytes go through word2vec files with kPercent, and through the other formats as they are.
TEST_F(EmbeddingsFileTest, AnyBytesComeBack) {
  std::vector<std::string> names = {" ",
                                    "%",
                                    "%20",
                                    "a b",
                                    "\ta",
                                    "b\n",
                                    "\r\n",
                                    "1 2 3",
                                    "\xFF\x80",
                                    "\xC3",
                                    "\xE2\x80\xA8",
                                    "caf\xC3\xA9 x",
                                    "\x01\x1F\x7F",
                                    "\"q\",",
                                    "0",
                                    "7 17",
                                    std::string("\0z", 2)};
  Rng rng(3);
  IdMap seen;
  for (const std::string& name : names) seen.add(name);
  for (int more = 0; more < 211; ++more) {
    std::string name;
    for (std::uint64_t n = 1 + rng.below(5); n > 0; --n)
      name += rng.below(2) == 0 ? " %2\n\t\xC3\xA9"[rng.below(7)] : static_cast<char>(rng.below(256));
    if (seen.add(name) == names.size()) names.push_back(name);
  }
  fill(names);
  for (const EmbeddingFormat format : {EmbeddingFormat::kWord2Vec, EmbeddingFormat::kWord2VecBin,
                                       EmbeddingFormat::kCsv, EmbeddingFormat::kSafetensors}) {
    const bool word2vec = format == EmbeddingFormat::kWord2Vec || format == EmbeddingFormat::kWord2VecBin;
    write(format, IdEscape::kPercent);
    const ReadEmbeddings read = read_embeddings(path_);
    ASSERT_EQ(read.ids.size(), names.size());
    for (idx_t r = 0; r < names.size(); ++r) {
      const std::string id(read.ids.id(r));
      EXPECT_EQ(word2vec ? unescaped_word(id) : id, names[r]);
      EXPECT_TRUE(!word2vec || is_utf8(id));
      EXPECT_TRUE(row_equals(r, reinterpret_cast<const char*>(read.vectors.row(r))));
    }
  }
}

TEST_F(EmbeddingsFileTest, Safetensors) {
  fill({"a", "", "c"});
  write(EmbeddingFormat::kSafetensors);
  const TensorReader reader(path_);
  reader.expect_kind("embeddings");
  const Matrix vectors = read_matrix(reader, "vectors", 3);
  for (std::size_t r = 0; r < 3; ++r) {
    EXPECT_TRUE(row_equals(r, reinterpret_cast<const char*>(vectors.row(r))));
  }
  EXPECT_EQ(read_ids(reader, "ids").id(2), "c");
}

TEST_F(EmbeddingsFileTest, NoRows) {
  fill({});
  EXPECT_EQ(write(EmbeddingFormat::kWord2Vec), "0 17\n");
  EXPECT_NE(write(EmbeddingFormat::kNpy).find("'shape': (0, 17)"), std::string::npos);
}

TEST(ParseEmbeddingFormat, UnknownNamesGetTheNearest) {
  EXPECT_EQ(parse_embedding_format("word2vec-bin"), EmbeddingFormat::kWord2VecBin);
  try {
    parse_embedding_format("word2vec-bni");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("did you mean word2vec-bin"), std::string::npos);
  }
}

}  // namespace
}  // namespace akin
