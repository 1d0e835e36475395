#include "akin/store/embeddings_reader.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/base/tensor_file_for_test.h"
#include "akin/data/builder.h"
#include "akin/store/bundle_for_test.h"
#include "akin/store/embeddings_file.h"

namespace akin {
namespace {

constexpr std::size_t kReadDim = 17;

struct Written {
  IdMap ids;
  Matrix vectors;
};
Written some(const std::vector<std::string>& names) {
  Written result;
  for (const std::string& name : names) result.ids.add(name);
  result.vectors = Matrix::normal(names.size(), kReadDim, 0.1, 5);
  return result;
}

void expect_equal(const ReadEmbeddings& read, const Written& written) {
  ASSERT_EQ(read.ids.size(), written.ids.size());
  ASSERT_EQ(read.vectors.cols(), kReadDim);
  for (idx_t r = 0; r < read.ids.size(); ++r) {
    EXPECT_EQ(read.ids.id(r), written.ids.id(r));
    EXPECT_TRUE(std::ranges::equal(read.vectors[r], written.vectors[r])) << "row " << r;
  }
}

class EmbeddingsReaderTest : public testing::Test {
 protected:
  ReadEmbeddings round_trip(const Written& written, EmbeddingFormat format) {
    write_embeddings({written.ids, written.vectors}, format, path_);
    return read_embeddings(path_);
  }
  /// The message of the error that reading `content` gives.
  std::string refused(std::string_view content) {
    write_file(path_, content);
    try {
      read_embeddings(path_);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(path_)) << message;
      return message.substr(path_.size());
    }
    return "accepted";
  }
  TempDir dir_;
  const std::string path_ = dir_ / "vectors";
};

TEST_F(EmbeddingsReaderTest, ReadsWhatAkinWrites) {
  const Written plain = some({"a", "B00X", "17", "\xC3\xA9t\xC3\xA9"});
  for (const auto format : {EmbeddingFormat::kNpy, EmbeddingFormat::kCsv, EmbeddingFormat::kWord2Vec,
                            EmbeddingFormat::kWord2VecBin, EmbeddingFormat::kSafetensors}) {
    expect_equal(round_trip(plain, format), plain);
  }
  const Written odd = some({"a b", "say \"x\"", "1,2", "two\nlines", "c"});
  for (const auto format : {EmbeddingFormat::kNpy, EmbeddingFormat::kCsv, EmbeddingFormat::kSafetensors})
    expect_equal(round_trip(odd, format), odd);
}

TEST_F(EmbeddingsReaderTest, ReadsWord2VecOfOtherPrograms) {
  write_file(path_, "2 3\na b 1 2 3 \nc 4e-1 -5 6\n");
  const ReadEmbeddings text = read_embeddings(path_);
  EXPECT_EQ(text.ids.id(0), "a b") << "an id with a space";
  EXPECT_EQ(text.vectors[1][0], 0.4f);
  std::string content = "2 1\n";
  for (const float value : {1.5f, 10.0f}) {
    content += value == 10.0f ? "y " : "x ";
    // no line end, as word2vec.c writes
    content.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  write_file(path_, content);
  const ReadEmbeddings binary = read_embeddings(path_);
  EXPECT_EQ(binary.ids.id(1), "y");
  EXPECT_EQ(binary.vectors[1][0], 10.0f);
}

TEST_F(EmbeddingsReaderTest, ReadsGloVe) {
  write_file(path_, ", 0.5 -1e-2 3\nat name 1 2 3\n2000 4 5 6 \n. .\t7 8 9\n");
  const ReadEmbeddings read = read_embeddings(path_);
  ASSERT_EQ(read.vectors.cols(), 3u);
  ASSERT_EQ(read.ids.size(), 4u);
  EXPECT_EQ(read.ids.id(0), ",") << "a comma does not make it csv";
  EXPECT_EQ(read.ids.id(1), "at name");
  EXPECT_EQ(read.ids.id(2), "2000");
  EXPECT_EQ(read.ids.id(3), ". .");
  EXPECT_EQ(read.vectors[0][1], -0.01f);
  EXPECT_EQ(read.vectors[3][2], 9);
  EXPECT_TRUE(refused("a 1 2\nb 1\n").starts_with(":2: this is not an id with 2 numbers: it has 1 only"));
  EXPECT_TRUE(
      refused("a 1 2\nb 1 x\n").starts_with(":2: this is not an id with 2 numbers: 'x' is not a number"));
  EXPECT_TRUE(refused("a 1 2\na 1 2\n").starts_with(":2: 'a' has a vector already"));
}

/// Lines of index:number, though one of them may be as long as a vector of floats.
TEST_F(EmbeddingsReaderTest, SparseAndDamagedTextIsNotTakenForBinary) {
  EXPECT_EQ(refused("2 2\na 0:0.25 1:1\nb 0:0.25 1:1\n"),
            ":2: this is not an id with 2 numbers: '1:1' is not a number; sparse vectors of index:number are "
            "not read, write all numbers of each");
  std::string sparse = "3 10\n";
  for (const char* const id : {"w0", "w1", "w2"})
    sparse += std::string(id) + " 0:0.35233 1:0.69830 2:0.30187 3:0.85513\n";
  EXPECT_TRUE(refused(sparse).starts_with(":2: this is not an id with 10 numbers: '3:0.85513' is not"));
  EXPECT_TRUE(
      refused("2 3\na 1 2\nb 1 2 3\n").starts_with(":2: this is not an id with 3 numbers: it has 2 only"));
  const std::string words = "2 3\n" + std::string(50, 'x') + " ! 2 3\nlonger 1 2 3\n";
  EXPECT_TRUE(refused(words).starts_with(":2: this is not an id with 3 numbers: '!' is not a number"));
}

TEST_F(EmbeddingsReaderTest, OneNumberMoreThanPromisedInEveryLine) {
  EXPECT_TRUE(refused("2 2\nw0 1 2 3\nw1 0.5465 2 3\n")
                  .starts_with(":1: the first line promises 2 numbers each, and every line has 3"));
  write_file(path_, "2 2\niPhone 12 1 2\nkettle 2 3\n");
  EXPECT_EQ(read_embeddings(path_).ids.id(0), "iPhone 12")
      << "only one line has one more: an id with a space";
}

/// Other programs write ids with spaces into binary files, of which nothing can be made.
TEST_F(EmbeddingsReaderTest, SpacesInBinaryFilesAreRefusedWithAWayOut) {
  for (const std::string odd : {"new york", " a", "b ", "a b c", "x y", "the last word"}) {
    const std::vector<std::string> ids = {"x", "w", odd, "y", "z"};
    const Matrix vectors = Matrix::normal(ids.size(), kReadDim, 0.1, 7);
    std::string content = fmt::format("{} {}\n", ids.size(), kReadDim);
    for (std::size_t r = 0; r < ids.size(); ++r) {
      content += ids[r] + " ";
      content.append(reinterpret_cast<const char*>(vectors.row(r)), kReadDim * sizeof(float));
    }
    const std::string message = refused(content);
    EXPECT_NE(message.find("write it with %20"), std::string::npos) << message;
  }
}

TEST_F(EmbeddingsReaderTest, ReadsTheItemsOfABundle) {
  DatasetBuilder builder;
  for (int e = 0; e < 60; ++e) builder.add_event(std::to_string(e % 11), std::to_string(e % 13), 1, e);
  ImportReport report;
  const Bundle bundle = train_bundle(builder.build("events", {}, report, {}), parse_split("none", 1),
                                     ModelSpec("als", {{"factors", "5"}}));
  save_bundle(bundle, path_);
  const ReadEmbeddings read = read_embeddings(path_);
  ASSERT_EQ(read.vectors.cols(), 5u);
  ASSERT_EQ(read.ids.size(), 13u);
  EXPECT_TRUE(std::ranges::equal(read.vectors[7], bundle.model->item_vectors()[7]));
}

TEST_F(EmbeddingsReaderTest, RefusesWhatDoesNotFitWithItsLine) {
  EXPECT_TRUE(refused("").starts_with(": the file is empty"));
  EXPECT_TRUE(refused("2 2\na 1 2\nb 1\n").starts_with(":3: this is not an id with 2 numbers"));
  EXPECT_TRUE(refused("2 2\na 1 2\nb 1 nan\n").starts_with(":3: the vector of 'b' is not finite"));
  EXPECT_TRUE(refused("3 1\na 1\nb 2\n").starts_with(":1: the first line promises 3 vectors, there are 2"));
  EXPECT_TRUE(refused("2 1\na 1\na 2\n").starts_with(":3: 'a' has a vector already"));
  EXPECT_TRUE(refused("id,d0,d1\na,1,2\nb,1\n").starts_with(":3: the vector of 'b' has 1 numbers"));
  EXPECT_TRUE(refused("id,d0\na,x\n").starts_with(":2: 'x' is not a finite number"));
  EXPECT_TRUE(refused("id,d0\n\"a,1\n").starts_with(":2: a quoted id must end"));
  EXPECT_TRUE(refused("id,d0\nnothing\n").starts_with(":2: an id, a comma"));
  EXPECT_TRUE(refused("2 2\na \x01\x02\x03").starts_with(":2: the file ends before vector 1 of 2"));
}

TEST_F(EmbeddingsReaderTest, RefusesEveryTruncation) {
  const Written written = some({"a", "b", "c"});
  for (const auto format : {EmbeddingFormat::kNpy, EmbeddingFormat::kWord2VecBin}) {
    write_embeddings({written.ids, written.vectors}, format, path_);
    const std::string whole = read_file(path_);
    // the last byte of word2vec may be missing
    for (std::size_t size = 0; size + 1 < whole.size(); size += size < 13 ? 1 : 7)
      EXPECT_NE(refused(std::string_view(whole).substr(0, size)), "accepted") << size << " bytes";
  }
}

std::string npy_of(std::string header, std::string_view numbers) {
  header.resize(118, ' ');
  return std::string("\x93NUMPY\x01\0\x76\0", 10) + header + std::string(numbers);
}
std::string npy(std::string_view shape, std::string_view numbers) {
  return npy_of(fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", shape), numbers);
}

TEST_F(EmbeddingsReaderTest, ReadsArraysOfExactlyTheTypesItKnows) {
  write_file(path_ + ".ids.json", R"(["a", "b"])");
  const std::vector<double> doubles = {1.5, -2, 1e-50, 3e38};
  const std::string bytes(reinterpret_cast<const char*>(doubles.data()), doubles.size() * sizeof(double));
  write_file(path_, npy_of("{'shape': (2, 2), 'fortran_order': False, 'descr': \"<f8\"}", bytes));
  const ReadEmbeddings read = read_embeddings(path_);
  EXPECT_EQ(read.vectors[0][0], 1.5F);
  EXPECT_EQ(read.vectors[0][1], -2.0F);
  EXPECT_EQ(read.vectors[1][0], 0.0F);
  EXPECT_EQ(read.vectors[1][1], 3e38F);
  const std::vector<double> large = {1, 1, 1, 1e39};
  const std::string too_large(reinterpret_cast<const char*>(large.data()), large.size() * sizeof(double));
  EXPECT_TRUE(refused(npy_of("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}", too_large))
                  .starts_with(":2: the vector of 'b' is not finite"));

  const std::string floats = bytes.substr(0, 16);
  for (const char* const descr : {"'>f4'", "'<f2'", "'<i4'", "'|f4'", "'|S4'", "'f4'", "[('x', '<f4')]",
                                  "[('x', '<f4'), ('y', '<f4')]", "'<f4x'", "('<f4', (2,))"}) {
    const std::string header =
        fmt::format("{{'descr': {}, 'fortran_order': False, 'shape': (2, 2), }}", descr);
    EXPECT_TRUE(refused(npy_of(header, floats)).starts_with(": only arrays of (items, dimensions) float32"))
        << descr;
  }
  for (const char* const header : {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}",
                                   "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}",
                                   "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2)}",
                                   "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -2)}"})
    EXPECT_TRUE(refused(npy_of(header, floats)).starts_with(": only arrays of")) << header;
  for (const char* const header : {"", "()", "{'descr': '<f4', 'shape': (2, 2)}",
                                   "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}",
                                   "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), 'more': 1}",
                                   "'<f4' False 'shape': (2, 2)"})
    EXPECT_TRUE(refused(npy_of(header, floats)).starts_with(": the NumPy header is not that of")) << header;
  std::string later = npy("2, 2", floats);
  later[6] = 4;
  EXPECT_TRUE(refused(later).starts_with(": is a NumPy file of version 4.0; versions 1.0"));
  std::string third = npy("2, 2", floats);
  third[6] = 3;
  third.insert(10, 2, '\0');  // four bytes of length
  write_file(path_, third);
  EXPECT_EQ(read_embeddings(path_).vectors.rows(), 2U);
}

TEST_F(EmbeddingsReaderTest, NumbersBeyondFloatsAreNotFinite) {
  for (const char* const number : {"1e39", "-1e39", "1e400", "-1e400", "nan", "-inf"}) {
    EXPECT_TRUE(refused(fmt::format("2 2\na 1 {}\nb 1 2\n", number))
                    .starts_with(":2: the vector of 'a' is not finite"))
        << number << " in the first row, which says that it is text";
    EXPECT_TRUE(refused(fmt::format("id,d0\na,{}\n", number))
                    .starts_with(fmt::format(":2: '{}' is not a finite number", number)));
  }
  for (const char* const number : {"1e-39", "1e-400", "-1e-400", "0.0"}) {
    write_file(path_, fmt::format("id,d0\na,{}\n", number));
    EXPECT_LT(std::abs(read_embeddings(path_).vectors[0][0]), 1e-38F) << number;
  }
}

TEST_F(EmbeddingsReaderTest, RefusesSizesThatCannotBe) {
  write_file(path_ + ".ids.json", "[]");
  EXPECT_TRUE(refused(npy("0, 4611686018427387904", "")).starts_with(": vectors cannot have the shape"));
  EXPECT_TRUE(refused(npy("4611686018427387904, 4", "")).starts_with(": vectors cannot have the shape"));
  EXPECT_TRUE(refused(npy("3, 0", "")).starts_with(": vectors cannot have the shape"));
  EXPECT_TRUE(refused(npy("3, 2", "12345678")).starts_with(": 8 bytes of data do not make (3, 2) floats"));
  EXPECT_TRUE(refused("1 2000000000\na 1\n").starts_with(":1: vectors of 2000000000 numbers are promised"));
  EXPECT_TRUE(refused("1 4611686018427387904\na 1\n").starts_with(":1: vectors of"));
  EXPECT_TRUE(refused("9000000000000 2\na 1 2\n").starts_with(":1: the first line promises"));
}

TEST_F(EmbeddingsReaderTest, RefusesWhatIsNotFinite) {
  const std::string numbers("\0\0\xc0\x7f", 4);  // NaN
  write_file(path_ + ".ids.json", R"(["a"])");
  EXPECT_TRUE(refused(npy("1, 1", numbers)).starts_with(":1: the vector of 'a' is not finite"));
  EXPECT_TRUE(refused("1 1\na " + numbers + "\n").starts_with(":2: the vector of 'a' is not finite"));
  EXPECT_TRUE(refused("id,d0\na,inf\n").starts_with(":2: 'inf' is not a finite number"));
  const Written written = some({"a", "b"});
  write_embeddings({written.ids, written.vectors}, EmbeddingFormat::kSafetensors, path_);
  put_number(path_, "vectors", kReadDim + 3, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(
      refused(read_file(path_)).starts_with(": tensor vectors: row 2 holds NaN or an infinite number"));
}

TEST_F(EmbeddingsReaderTest, IdsOfArraysAreAListOfAsManyTexts) {
  const std::string content = npy("1, 1", std::string(4, '\0'));
  for (const std::string& ids :
       {std::string("[1]"), std::string("{}"), std::string("[\"a\", \"b\"]"), std::string("[]"),
        std::string("\"a\""), std::string("[[\"a\"]]"), std::string(1 << 20, '[')}) {
    write_file(path_ + ".ids.json", ids);
    EXPECT_TRUE(refused(content).starts_with(".ids.json: this is not a JSON array of 1 ids"))
        << ids.substr(0, 20);
  }
  write_file(path_ + ".ids.json", "[\"a\"]");
  write_file(path_, content);
  EXPECT_EQ(read_embeddings(path_).ids.id(0), "a");
}

TEST_F(EmbeddingsReaderTest, SaysWhatItIsInstead) {
  EXPECT_TRUE(refused(std::string("PK\x03\x04\0\0", 6)).starts_with(": is a zip archive"));
  EXPECT_TRUE(refused(std::string("i\0d\0,\0d\0\n\0", 10)).starts_with(": is UTF-16LE text"));
  EXPECT_TRUE(
      refused("id," + std::string(17 << 20, 'x')).starts_with(":1: no end of a line or field in 16 MiB"));
}

TEST(MatchItems, FindsItemsByIdAndByEscapedId) {
  const Written written = some({"x", "a%20b", "unknown"});
  IdMap items;
  for (const char* const id : {"q", "a b", "x"}) items.add(id);
  const ReadEmbeddings read{written.ids.select({0, 1, 2}), written.vectors.clone()};
  const MatchedItems match = match_items(read, items, "file");
  EXPECT_EQ(match.matched, 2u);
  EXPECT_EQ(match.unknown, 1u);
  EXPECT_EQ(match.items.given, (std::vector<char>{0, 1, 1}));
  EXPECT_TRUE(std::ranges::equal(match.items.vectors[1], written.vectors[1]));
  EXPECT_TRUE(std::ranges::equal(match.items.vectors[2], written.vectors[0]));
  IdMap others;
  others.add("z");
  EXPECT_THROW(match_items(read, others, "file"), Error);
}

}  // namespace
}  // namespace akin
