// Files that Keras 3 wrote (tests/keras3/write_files.py): their weights are 0, 1, 2, ...
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/base/zip_archive.h"
#include "akin/base/zip_for_test.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

std::string bytes_of(const std::string& name) {
  const ZipArchive archive(std::string(AKIN_SOURCE_DIR) + "/tests/keras3/files.zip");
  const auto stream = archive.open(name);
  std::string bytes;
  std::vector<char> buffer(1 << 16);
  while (const std::size_t size = stream->read(buffer)) bytes.append(buffer.data(), size);
  return bytes;
}

Net same_net() {
  NetSpec spec("keras");
  LayerSpec own;
  own.kind = LayerKind::kDepthwiseConv1d;
  own.name = "own";
  own.kernel = {3};
  spec.input({4, 2}, "x").lstm(2, {.name = "memory", .return_sequences = true});
  spec.add(own)
      .attention(2, 1, {.name = "look"})
      .dropout(0.5)
      .flatten()
      .dense(1, Activation::kLinear, {.name = "out"});
  return make_net(std::move(spec));
}

void expect_in_order(const std::string& path) {
  Net net = same_net();
  std::vector<NamedArray> weights = read_weights(path);
  take_names(net.weights(), weights);
  const WeightMatch match = match_weights(net.weights(), weights);
  EXPECT_TRUE(match.missing.empty() && match.unknown.empty())
      << fmt::format("{}", fmt::join(match.unknown, " "));
  net.set_weights(weights);
  const std::vector<double> numbers = numbers_of(net.weights());
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i) << path;
}

TEST(Keras3, WeightsOfAllItsFilesAreRead) {
  const TempDir dir;
  const std::string numbered = bytes_of("model.weights.h5");
  write_file(dir / "w.weights.h5", numbered);
  expect_in_order(dir / "w.weights.h5");
  write_file(dir / "w.keras", zip_of({{"config.json", "{}"}, {"model.weights.h5", numbered}}, true));
  expect_in_order(dir / "w.keras");
  write_file(dir / "w.h5", bytes_of("model.h5"));
  expect_in_order(dir / "w.h5");
}

TEST(Keras3, DamagedFilesAreRefused) {
  const TempDir dir;
  write_file(dir / "a.keras", zip_of({{"config.json", "{}"}}, false));
  EXPECT_NE(error_text([&] { read_weights(dir / "a.keras"); }).find("model.weights.h5"), std::string::npos);
  write_file(dir / "b.keras", zip_of({{"model.weights.h5", "no HDF5"}}, false));
  EXPECT_EQ(error_text([&] { read_weights(dir / "b.keras"); }),
            "HDF5: " + (dir / "b.keras: not an HDF5 file, or damaged"));
  std::string other = bytes_of("model.weights.h5");
  for (std::size_t at = 0; (at = other.find("memory", at)) != std::string::npos;)
    other.replace(at, 6, "out\0\0\0", 6);
  write_file(dir / "c.weights.h5", other);
  EXPECT_EQ(error_text([&] { read_weights(dir / "c.weights.h5"); }),
            dir / "c.weights.h5: two layers are called out");
}

}  // namespace
}  // namespace akin::nn
