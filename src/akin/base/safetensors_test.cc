#include "akin/base/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/temp_dir.h"
#include "akin/base/tensor_file_for_test.h"

namespace akin {
namespace {

void write_example(const std::string& path) {
  const std::vector<float> padded = {1, 2, 3, 0, 4, 5, 6, 0};
  const std::vector<std::uint8_t> bytes = {9, 8, 7};
  TensorWriter writer("example");
  writer.meta("note", "any \"text\", in UTF-8: \xc3\xa9");
  writer.tensor("bytes", bytes);
  writer.tensor("matrix", padded.data(), 2, 3, 4);
  writer.tensor("longs", std::vector<std::int64_t>{-1, 1LL << 40});
  writer.tensor("nothing", std::vector<float>{});
  writer.write(path);
}

TEST(Safetensors, ReadsBackWhatWasWritten) {
  const TempDir dir;
  write_example(dir / "f");
  const TensorReader reader(dir / "f");
  reader.expect_kind("example");
  EXPECT_EQ(reader.meta("note"), "any \"text\", in UTF-8: \xc3\xa9");
  EXPECT_EQ(reader.shape("matrix"), (std::vector<std::size_t>{2, 3}));
  const auto matrix = reader.tensor<float>("matrix");
  EXPECT_EQ(std::vector<float>(matrix.begin(), matrix.end()), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(reader.vector<std::int64_t>("longs", 2), (std::vector<std::int64_t>{-1, 1LL << 40}));
  EXPECT_EQ(reader.vector<std::uint8_t>("bytes", 3), (std::vector<std::uint8_t>{9, 8, 7}));
  EXPECT_TRUE(reader.tensor<float>("nothing").empty());
}

TEST(Safetensors, RowsOfSeveralRanksAreOneTensor) {
  constexpr std::size_t kRows = 10, kCols = 3, kStride = 4;
  std::vector<float> all(kRows * kStride, 0.0f);
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t c = 0; c < kCols; ++c) all[r * kStride + c] = static_cast<float>(r * kCols + c + 1);
  }
  const TempDir dir;
  const auto write = [&](const std::string& path, Share rows, const Communicator& ranks) {
    TensorWriter writer("example");
    writer.tensor("matrix", all.data() + rows.begin * kStride, rows.size(), kCols, kStride);
    writer.tensor("line", all.data() + rows.begin, rows.size(), 1, 1);
    writer.divide("matrix", {kRows, kCols}, ranks);
    writer.divide("line", {1, kRows}, ranks);
    writer.write(path, "", ranks);
  };
  write(dir / "one", {0, kRows}, alone());
  const std::size_t bounds[] = {0, 4, 4, 9, kRows};  // one has nothing
  on_ranks(4, [&](const Communicator& ranks) {
    const auto r = static_cast<std::size_t>(ranks.rank());
    write(dir / "many", {bounds[r], bounds[r + 1]}, ranks);
  });
  EXPECT_EQ(read_file(dir / "many"), read_file(dir / "one"));
  const TensorReader reader(dir / "many", TensorReader::Access::kMap);
  EXPECT_EQ(reader.shape("matrix"), (std::vector<std::size_t>{kRows, kCols}));
  EXPECT_EQ(reader.shape("line"), (std::vector<std::size_t>{1, kRows}));
  EXPECT_EQ(reader.tensor<float>("matrix")[29], 30);
}

TEST(Safetensors, KindOfAFile) {
  const TempDir dir;
  write_example(dir / "f");
  EXPECT_EQ(file_kind(dir / "f"), "example");
  const std::string whole = read_file(dir / "f");
  for (std::size_t size = 0; size < 100; ++size) {  // the header is longer
    write_file(dir / "g", whole.substr(0, size));
    EXPECT_EQ(file_kind(dir / "g"), "") << size;
  }
  for (const std::string content : {"plain text, rather long", "1234567{", "12345678{\"a\": 1}", "[]"}) {
    write_file(dir / "g", content);
    EXPECT_EQ(file_kind(dir / "g"), "");
  }
  EXPECT_EQ(file_kind(dir / "absent"), "");
  EXPECT_EQ(file_kind("-"), "");
}

TEST(Safetensors, RefusesWrongQuestions) {
  const TempDir dir;
  write_example(dir / "f");
  const TensorReader reader(dir / "f");
  EXPECT_THROW(reader.expect_kind("model"), Error);
  EXPECT_THROW(reader.tensor<double>("matrix"), Error);
  EXPECT_THROW(reader.tensor<float>("absent"), Error);
  EXPECT_THROW(reader.vector<std::uint8_t>("bytes", 4), Error);
  EXPECT_THROW(reader.meta("absent"), Error);
  EXPECT_THROW(reader.meta_int("note", 0, 1), Error);
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const TempDir dir;
  write_example(dir / "f");
  const std::string whole = read_file(dir / "f");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file(dir / "cut", whole.substr(0, size));
    EXPECT_THROW(TensorReader(dir / "cut"), Error) << size;
  }
  write_file(dir / "longer", whole + "x");
  EXPECT_THROW(TensorReader(dir / "longer"), Error);
}

TEST(Safetensors, EveryFlippedBitIsAnError) {
  const TempDir dir;
  write_example(dir / "f");
  const std::string whole = read_file(dir / "f");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      write_file(dir / "damaged", damaged);
      EXPECT_THROW(
          {
            const TensorReader reader(dir / "damaged");
            reader.expect_kind("example");
          },
          Error)
          << "byte " << at << " bit " << bit;
    }
  }
}

void write_raw(const std::string& path, const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  write_file(path, file + header + data);
}

TEST(Safetensors, ReadsFilesOfOtherPrograms) {
  const TempDir dir;
  write_raw(dir / "f", R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", std::string(8, '\0'));
  const TensorReader reader(dir / "f");
  EXPECT_EQ(reader.tensor<float>("w").size(), 2u);
  EXPECT_THROW(reader.expect_kind("model"), Error);
}

TEST(Safetensors, RefusesHostileHeaders) {
  const TempDir dir;
  const std::vector<std::string> headers = {
      "[]",
      "{\"w\":1}",
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
      R"({"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}})",
      R"({"w":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})",
      R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}})",
      R"({"v":{"dtype":"F32","shape":[0,4611686018427387904],"data_offsets":[0,0]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      R"({"w":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})",
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})",
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      R"({"w":{"shape":[2],"data_offsets":[0,8]}})",
      R"({"__metadata__":{"a":{}},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      R"({"__metadata__":{"a":"b","a":"c"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}})",
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
      R"({"__metadata__":{"akin.kind":"model"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      R"({"__metadata__":{"akin.checksum":"x"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
  };
  for (const std::string& header : headers) {
    write_raw(dir / "f", header, std::string(8, '\0'));
    EXPECT_THROW(TensorReader(dir / "f"), Error) << header;
  }
}

TEST(Safetensors, NestingCostsNoMemory) {
  // As a tree of values it would take 75 bytes for each of these.
  SafetensorsHeader header;
  EXPECT_EQ(parse_safetensors_header(std::string(1 << 20, '['), header),
            "its header is not that of a safetensors file");
  EXPECT_NE(parse_safetensors_header("{\"a\":" + std::string(1 << 20, '{'), header), "");
  EXPECT_NE(parse_safetensors_header("{\"a\":{\"shape\":" + std::string(1 << 20, '['), header), "");
}

TEST(Safetensors, MetadataHaveALimit) {
  SafetensorsHeader header;
  const auto with = [](std::size_t size) {
    return "{\"__metadata__\":{\"a\":\"" + std::string(size, 'x') + "\"}}";
  };
  EXPECT_EQ(parse_safetensors_header(with(16 << 20), header), "");
  EXPECT_EQ(header.metadata.at("a").size(), 16u << 20);
  header = {};
  EXPECT_EQ(parse_safetensors_header(with((16 << 20) + 1), header), "metadata a is longer than 16 MiB");
}

TEST(Safetensors, RefusesNumbersThatAreNotFinite) {
  const TempDir dir;
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const std::vector<float> singles(3 * 1031, 1);
    TensorWriter writer("example");
    writer.tensor("matrix", std::span<const float>(singles), {1031, 3});
    writer.tensor("sound", std::vector<double>(7, 1));
    writer.tensor("wide", std::vector<double>(7, 1));
    writer.write(dir / "f");
    put_number(dir / "f", "matrix", 3 * 1030 + 1, bad);
    put_number(dir / "f", "wide", 4, -bad);
    const TensorReader reader(dir / "f");
    EXPECT_EQ(reader.tensor<double>("sound").size(), 7u);
    const auto message = [&](auto read) {
      try {
        read();
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kBadData);
        return std::string(error.what());
      }
      return std::string("read");
    };
    EXPECT_EQ(message([&] { reader.tensor<float>("matrix"); }),
              dir / "f: tensor matrix: row 1031 holds NaN or an infinite number");
    EXPECT_EQ(message([&] { reader.vector<double>("wide", 7); }),
              dir / "f: tensor wide: row 5 holds NaN or an infinite number");
  }
}

TEST(Safetensors, WritesNoNumbersThatAreNotFinite) {
  const TempDir dir;
  write_file(dir / "f", "old");
  const auto refusal = [&](const TensorWriter& writer, std::string_view advice = {}) {
    try {
      writer.write(dir / "f", advice);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      return std::string(error.what());
    }
    return std::string("written");
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> padded = {1,         2, kInfinity,  3, 4,
                                     kInfinity, 5, -kInfinity, 0};  // rows of 2, 3 apart
  TensorWriter strided("example");
  strided.tensor("matrix", padded.data(), 3, 2, 3);
  EXPECT_EQ(refusal(strided, "do better"),
            dir / "f: not written: row 3 of tensor matrix holds NaN or an infinite number; do better");
  TensorWriter wide("example");
  wide.tensor("sound", std::vector<float>(1031, 1));
  wide.tensor("wide", std::vector<double>{1, std::numeric_limits<double>::quiet_NaN()});
  EXPECT_EQ(refusal(wide), dir / "f: not written: row 2 of tensor wide holds NaN or an infinite number");
  EXPECT_EQ(read_file(dir / "f"), "old");
  TensorWriter padding("example");
  padding.tensor("matrix", padded.data(), 2, 2, 3);
  EXPECT_EQ(refusal(padding), "written") << "what stands between the rows does not matter";
}

TEST(Safetensors, BoundsOfVectors) {
  const TempDir dir;
  TensorWriter writer("example");
  writer.tensor("rows", std::vector<std::uint32_t>{0, 4, 2});
  writer.tensor("shares", std::vector<float>{0, 0.5f, 1});
  const std::vector<std::uint32_t> square = {1, 2, 3, 4};
  writer.tensor("square", std::span<const std::uint32_t>(square), {2, 2});
  writer.write(dir / "f");
  const TensorReader reader(dir / "f");
  EXPECT_EQ(reader.indices("rows", 3, 5), (std::vector<std::uint32_t>{0, 4, 2}));
  EXPECT_THROW(reader.indices("rows", 3, 4), Error);
  EXPECT_THROW(reader.indices("rows", 3, 0), Error);
  EXPECT_THROW(reader.indices("rows", 2, 5), Error);
  EXPECT_EQ(reader.vector_in<float>("shares", 3, 0, 1).size(), 3u);
  EXPECT_THROW(reader.vector_in<float>("shares", 3, 0.1f, 1), Error);
  EXPECT_THROW(reader.vector_in<float>("shares", 3, 0, 0.9f), Error);
  EXPECT_THROW(reader.vector<std::uint32_t>("square", 4), Error) << "it has two dimensions";
}

}  // namespace
}  // namespace akin
