#include "akin/nets/history_net.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"

namespace akin::nets {
namespace {

constexpr std::int64_t kItems = 4;

/// A small autoencoder with random weights.
std::unique_ptr<NetPredictor> random_net() {
  nn::NetSpec spec("tiny");
  spec.input({1}, "history")
      .embedding_bag(kItems + 1, 3, {.name = "bag", .activation = nn::Activation::kTanh})
      .dense(kItems, nn::Activation::kLinear, {.name = "items"});
  const nn::Net net = nn::make_net(spec, {.seed = 7});
  return std::make_unique<NetPredictor>(spec, net.weights());
}

std::vector<float> scores(const Model& model, const std::vector<idx_t>& history) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all({.history = history}, out));
  return out;
}

TEST(HistoryNet, ScoresAreTheOutputOfItsNet) {
  const HistoryNetModel model(random_net(), {"bag", "items"}, {1, 1, 1, 1});
  const std::vector<float> own = scores(model, {0, 2});
  const nn::Array net = random_net()->predict({nn::make_ids({1, 2}, {1, 3})});
  for (std::size_t i = 0; i < kItems; ++i) EXPECT_NEAR(own[i], net.floats()[i], 1e-6) << i;
}

TEST(HistoryNet, ItemsWithoutEventsAreBelowAll) {
  const HistoryNetModel model(random_net(), {"bag", "items"}, {1, 0, 1, 1});
  const std::vector<float> own = scores(model, {0});
  EXPECT_EQ(std::ranges::min_element(own) - own.begin(), 1);
  EXPECT_TRUE(std::isfinite(own[1]));
}

TEST(HistoryNet, ItemsThatItDoesNotKnowAreLeftOut) {
  const HistoryNetModel model(random_net(), {"bag", "items"}, {1, 1, 1, 1});
  EXPECT_EQ(scores(model, {0, 2, 99}), scores(model, {0, 2}));
  std::vector<float> out(kItems);
  const std::vector<idx_t> unknown = {99};
  EXPECT_FALSE(model.score_all({.history = unknown}, out));
  EXPECT_FALSE(model.score_all({.user = 0}, out)) << "a user is nothing but a history";
}

TEST(HistoryNet, IsTheSameAfterLoading) {
  const TempDir dir;
  const HistoryNetModel model(random_net(), {"bag", "items"}, {1, 0, 1, 1});
  TensorWriter writer("test");
  model.save(writer);
  writer.write(dir / "model");
  const TensorReader reader(dir / "model");
  EXPECT_EQ(scores(*HistoryNetModel::load(reader, 1, kItems), {1, 3}), scores(model, {1, 3}));
  EXPECT_THROW(HistoryNetModel::load(reader, 1, kItems + 1), Error) << "items without an output";
}

}  // namespace
}  // namespace akin::nets
