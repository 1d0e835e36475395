#include "akin/nets/image/weights.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/base/zip_for_test.h"

namespace akin::nets {
namespace {

const std::string kFolder = AKIN_SOURCE_DIR "/tests/reference/image/";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_reference(const WeightTensors& tensors) {
  const nlohmann::json expected = nlohmann::json::parse(bytes_of(kFolder + "expected.json"));
  EXPECT_EQ(tensors.size(), expected.size());
  for (const auto& [name, tensor] : expected.items()) {
    ASSERT_TRUE(tensors.contains(name)) << name;
    EXPECT_EQ(tensors.at(name).shape, tensor["shape"].get<std::vector<std::size_t>>()) << name;
    EXPECT_EQ(tensors.at(name).values, tensor["values"].get<std::vector<float>>()) << name;
  }
}

TEST(WeightsTest, FilesOfTorchOldAndNew) {
  expect_reference(read_weight_file(kFolder + "old.pth"));
  expect_reference(read_weight_file(kFolder + "new.pt"));
}

TEST(WeightsTest, ArraysOfNumPy) {
  const WeightTensors plain = read_weight_file(kFolder + "plain.npz");
  EXPECT_EQ(plain.at("c").values, (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(plain.at("fortran").shape, (std::vector<std::size_t>{2, 3, 4}));
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(plain.at("fortran").values[i], static_cast<float>(i));
  EXPECT_EQ(read_weight_file(kFolder + "packed.npz").at("whole").values, (std::vector<float>{0, 1, 2, 3}));
}

TEST(WeightsTest, NumbersOfKeras3AreNames) {
  WeightTensors tensors = {{"c/0", {{3, 3, 8, 16}, {}}}, {"c/1", {{16}, {}}},
                           {"d/0", {{3, 3, 8, 1}, {}}},  {"e/kernel", {{5, 5, 8, 1}, {}}},
                           {"n/0", {{8}, {1}}},          {"n/1", {{8}, {2}}},
                           {"n/2", {{8}, {3}}},          {"n/3", {{8}, {4}}},
                           {"fc/0", {{8, 2}, {}}},       {"rnn/0", {{1, 4}, {}}},
                           {"rnn/1", {{1, 4}, {}}}};
  name_as_keras2(tensors);
  std::string names;
  for (const auto& entry : tensors) names += entry.first + " ";
  EXPECT_EQ(names,
            "c/bias c/kernel d/depthwise_kernel e/depthwise_kernel fc/kernel n/beta n/gamma n/moving_mean "
            "n/moving_variance rnn/1 rnn/kernel ");
  EXPECT_EQ(tensors.at("n/moving_mean").values, std::vector<float>{3});
}

TEST(WeightsTest, SafetensorsOfHalf) {
  const WeightTensors tensors = read_weight_file(kFolder + "tiny.safetensors");
  EXPECT_EQ(tensors.at("stem.weight").shape, (std::vector<std::size_t>{20, 3, 3, 3}));
  EXPECT_EQ(tensors.at("fc1.bias").values.size(), 10U);
}

/// What is said of a file of these bytes.
std::string refusal(const std::string& bytes) {
  const TempDir folder;
  write_file(folder / "x.pt", bytes);
  return message_of(ErrorCode::kBadData, [&] { read_weight_file(folder / "x.pt"); });
}

/// An archive of torch whose pickle is this.
std::string archive_of(const std::string& pickle, const std::string& data = std::string(16, '\0')) {
  return zip_of({{"a/data.pkl", pickle}, {"a/byteorder", "little"}, {"a/data/0", data}}, false);
}

/// A dict of one tensor with these sizes and strides, of a storage of four numbers.
std::string pickle_of(const std::string& shape_and_stride) {
  const auto text = [](const std::string& value) { return "X" + little_endian(value.size(), 4) + value; };
  const std::string storage =
      "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x04tQ";
  return "\x80\x02}" + text("w") + "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + shape_and_stride +
         "tRs.";
}

TEST(WeightsTest, NothingIsExecutedOfAPickle) {
  EXPECT_TRUE(contains(refusal(archive_of("\x80\x02"
                                          "cos\nsystem\n(X\x04\0\0\0true"
                                          "tR.")),
                       "names os.system"));
  EXPECT_TRUE(contains(refusal(bytes_of(kFolder + "module.pt")), "torch.nn.modules.linear.Linear"));
  EXPECT_TRUE(contains(refusal(archive_of("\x80\x02"
                                          "itorch\nload\n.")),
                       "opcode 0x69"));
}

TEST(WeightsTest, TensorsBeyondTheirStorageAreRefused) {
  const TempDir folder;
  write_file(folder / "x.pt", archive_of(pickle_of("K\x01K\x03\x85K\x01\x85")));
  EXPECT_EQ(read_weight_file(folder / "x.pt").at("w").shape, std::vector<std::size_t>{3});
  EXPECT_TRUE(contains(refusal(archive_of(pickle_of("K\x01K\x04\x85K\x01\x85"))), "beyond its storage"));
  EXPECT_TRUE(contains(refusal(archive_of(pickle_of("K\x02K\x02\x85K\x02\x85"))), "beyond its storage"));
  EXPECT_TRUE(contains(refusal(archive_of(pickle_of("K\x01J\xFF\xFF\xFF\x7F\x85K\x01\x85"))),
                       "more than its storage"));
  EXPECT_TRUE(
      contains(refusal(archive_of(pickle_of("K\x01J\xFF\xFF\xFF\xFF\x85K\x01\x85"))), "without a shape"));
  EXPECT_TRUE(contains(refusal(archive_of(pickle_of("K\x01K\x03\x85K\x01K\x01\x86"))), "without a shape"));
}

TEST(WeightsTest, CutOffFilesAreRefused) {
  const std::string old = bytes_of(kFolder + "old.pth");
  for (std::size_t size = 20; size < old.size(); size += 13) EXPECT_NE(refusal(old.substr(0, size)), "");
  const std::string archive = bytes_of(kFolder + "new.pt");
  for (std::size_t size = 20; size < archive.size(); size += 97)
    EXPECT_NE(refusal(archive.substr(0, size)), "");
}

TEST(WeightsTest, OtherFilesAreNamed) {
  EXPECT_TRUE(contains(refusal("id,title\n"), "torch.save(), safetensors, .npz"));
  EXPECT_TRUE(contains(refusal(zip_of({{"a.txt", "x"}}, false)), "a.txt, which is no array"));
  std::string infinite(16, '\0');
  infinite.replace(4, 4, "\x00\x00\x80\x7F", 4);
  EXPECT_TRUE(contains(refusal(archive_of(pickle_of("K\x01K\x03\x85K\x01\x85"), infinite)), "not finite"));
}

}  // namespace
}  // namespace akin::nets
