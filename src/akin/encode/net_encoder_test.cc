#include "akin/encode/net_encoder.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/encode/content_for_test.h"
#include "akin/encode/item_words.h"

namespace akin {
namespace {

constexpr const char* kConvolution = R"(
name = "cnn"
layers = [
  {kind = "input", name = "words", shape = [4]},
  {kind = "embedding", name = "vectors", rows = "words+1", units = 5},
  {kind = "conv1d", name = "windows", units = 3, kernel = [2]},
  {kind = "global_max_pool1d", name = "most"},
  {kind = "dense", name = "output", units = "classes", activation = "softmax"},
]
[train]
optimizer = "adam"
learning_rate = 0.05
loss = "sparse_categorical_crossentropy"
epochs = 60
batch_size = 4
)";

class NetEncoderTest : public testing::Test {
 protected:
  std::unique_ptr<ContentEncoder> fit(const NetEncoder::Config& config) const {
    const std::vector<idx_t> items = test::first_items(6);
    return NetEncoder::fit({content_, items, nullptr}, config, {.threads = 1});
  }
  NetEncoder::Config with_file(const std::string& text) const {
    write_file(dir_ / "net.toml", text);
    NetEncoder::Config config;
    config.file = dir_ / "net.toml";
    config.target = "brand";
    return config;
  }
  std::string message(const NetEncoder::Config& config) const {
    try {
      fit(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
  const ItemContent content_ = test::shelf_content();
  const TempDir dir_;
};

/// The output of a net that has learned what each item is.
TEST_F(NetEncoderTest, ANetOfAFileLearnsTheTarget) {
  NetEncoder::Config config = with_file(kConvolution);
  config.layer = "output";
  const Matrix classes = fit(config)->encode(content_, {});
  ASSERT_EQ(classes.cols(), 3u) << "Acme, Bolt, Zoo";
  const std::size_t expected[] = {0, 0, 1, 1, 9, 2};
  for (const std::size_t item : {0u, 1u, 2u, 3u, 5u}) {
    const auto row = classes[item];
    EXPECT_EQ(std::ranges::max_element(row) - row.begin(), static_cast<std::ptrdiff_t>(expected[item]))
        << item;
  }
  for (const float x : classes[4]) EXPECT_EQ(x, 0) << "an item without words";
}

TEST_F(NetEncoderTest, TakesTheLayerBeforeTheLastOneUnlessItIsNamed) {
  NetEncoder::Config config = with_file(kConvolution);
  EXPECT_EQ(fit(config)->dim(), 3u);
  config.layer = "windows";
  EXPECT_EQ(fit(config)->dim(), 9u) << "three positions of three filters";
  config.layer = "words";
  EXPECT_TRUE(contains(message(config), "name a layer behind it"));
  config.layer = "window";
  EXPECT_TRUE(contains(message(config), "windows")) << "the nearest name";
}

TEST_F(NetEncoderTest, SaysWhatIsWrong) {
  NetEncoder::Config config = with_file(kConvolution);
  config.target = "";
  EXPECT_TRUE(contains(message(config), "classes")) << message(config);
  config.target = "colour";
  EXPECT_TRUE(contains(message(config), "no attribute 'colour'"));
  config = {};
  config.factors = 3;
  EXPECT_EQ(fit(config)->dim(), 3u) << "without a file";
}

TEST_F(NetEncoderTest, IsTheSameAfterLoading) {
  const auto encoder = fit(with_file(kConvolution));
  TensorWriter writer("test");
  encoder->save(writer, "encoder");
  writer.write(dir_ / "encoder");
  const auto loaded = NetEncoder::load(TensorReader(dir_ / "encoder"), "encoder");
  const Matrix before = encoder->encode(content_, {}), after = loaded->encode(content_, {});
  for (std::size_t item = 0; item < 6; ++item)
    EXPECT_TRUE(std::ranges::equal(before[item], after[item])) << item;
}

TEST(WordIndexer, GivesIndicesOfKnownWords) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> learned = {0, 2};
  const std::vector<std::string> fields = {"title"};
  const IdMap words = words_of(content, learned, fields);
  ASSERT_EQ(words.size(), 4u) << "steel, kettle, kitchen, knife";
  const WordIndexer indexer(content, fields, words);
  EXPECT_EQ(indexer(1), (std::vector<std::int32_t>{1, 2, 1})) << "steel kettle steel";
  EXPECT_EQ(indexer(3), (std::vector<std::int32_t>{4})) << "bread is not known";
}

}  // namespace
}  // namespace akin
