#include "akin/nets/pairs/neumf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/observer.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin {
namespace {

using testing_data::make_toy;
using testing_data::random_toy;
using testing_data::Toy;

/// Users of 4 tastes, and items of which some are popular: 12 of 120 items a user, mostly of their taste.
Toy tastes() {
  std::vector<Event> events;
  for (idx_t u = 0; u < 200; ++u) {
    Rng rng(5, u);
    std::set<idx_t> chosen;
    while (chosen.size() < 12) {
      const auto place = static_cast<idx_t>(30 * rng.uniform_float() * rng.uniform_float());
      const auto taste = static_cast<idx_t>(rng.below(8) == 0 ? rng.below(4) : u % 4);
      chosen.insert(4 * place + taste);
    }
    for (const idx_t item : chosen) events.push_back({u, item, 1});
  }
  return make_toy(200, 120, std::move(events));
}

NeuMf::Config config_of(int pretrain_epochs, int epochs) {
  NeuMf::Config config;
  config.factors = 8;
  config.batch_size = 64;
  config.learning_rate = 0.002f;
  config.pretrain_epochs = pretrain_epochs;
  config.epochs = epochs;
  return config;
}

std::vector<double> losses(const Toy& toy, const NeuMf::Config& config) {
  FitLog log;
  FitContext context;
  context.log = &log;
  NeuMf::fit(toy.training(), config, context);
  return log.losses;
}

/// Its two are a gmf and an mlp whose bias begins at the logarithm of the odds.
TEST(NeuMf, PretrainedBeginsAsTheMeanOfItsTwo) {
  const Toy toy = random_toy();
  NeuMf::Config config;
  config.factors = 4;
  config.mlp_factors = 4;
  config.layers = "8,4";
  config.epochs = 0;
  config.pretrain_epochs = 3;
  const Csr pairs = positive_interactions(toy.training(), "test");
  const auto half = [&](const NcfShape& shape) {
    const FitContext context;
    NcfNet net(shape, pairs.rows(), pairs.cols);
    initialize(kRankingInit, context.seed, net);
    net.bias[0][0] = -std::log(static_cast<float>(config.negatives));
    NcfTrainOptions options = config.options("test");
    options.objective.layers_regularization = config.mlp_regularization;
    NcfTrainer trainer(pairs, options, 3, context, net);
    for (int epoch = 0; epoch < 3; ++epoch) trainer.run_epoch(epoch);
    return make_ncf_model(net, pairs, {});
  };
  const auto joined = NeuMf::fit(toy.training(), config, {}), one = half({.product = 4}),
             other = half({.embedding = 4, .layers = {8, 4}});
  std::vector<float> y(toy.data.items.size()), a(y.size()), b(y.size());
  const Query query{.user = 3};
  ASSERT_TRUE(joined->score_all(query, y) && one->score_all(query, a) && other->score_all(query, b));
  for (std::size_t i = 0; i + 1 < y.size(); ++i) EXPECT_NEAR(y[i], (a[i] + b[i]) / 2, 1e-5);
}

/// Few epochs, so that the two parts are half-trained when they are joined: what follows has to train them on.
TEST(NeuMf, PretrainingReachesTheLossOfTheSameEpochsWithoutIt) {
  const Toy toy = tastes();
  const std::vector<double> without = losses(toy, config_of(0, 10)), with = losses(toy, config_of(5, 5));
  ASSERT_EQ(with.size(), 15u);
  EXPECT_LT(with[10], 1.05 * std::min(with[4], with[9])) << "joining loses nothing";
  EXPECT_LT(with.back(), 1.03 * without.back());
}

/// Keeps the state after `at` epochs, or begins with that.
struct Interruption : FitObserver {
  int at = 0;
  std::vector<std::vector<float>> kept;

  static std::span<float> numbers(const FitState::Tensor& tensor) {
    return {tensor.data, (tensor.rows - 1) * tensor.stride + tensor.cols};
  }
  int begin(FitState& state, int) override {
    for (std::size_t t = 0; t < kept.size(); ++t)
      std::ranges::copy(kept[t], numbers(state.tensors()[t]).begin());
    return kept.empty() ? 0 : at;
  }
  bool after_epoch(int done, double, const FitState& state, const Snapshot&) override {
    if (done != at) return true;
    for (const FitState::Tensor& tensor : state.tensors())
      kept.emplace_back(numbers(tensor).begin(), numbers(tensor).end());
    return false;
  }
  void end(FitState&) override {}
};

/// Wherever the fit is interrupted: in the gmf, in the mlp, between and after the join.
TEST(NeuMf, ContinuesFromAnyEpoch) {
  const Toy toy = tastes();
  const NeuMf::Config config = config_of(2, 3);
  const std::vector<double> all = losses(toy, config);
  for (const int at : {1, 3, 4, 6}) {
    Interruption interruption;
    interruption.at = at;
    FitLog log;
    FitContext context;
    context.observer = &interruption;
    context.log = &log;
    NeuMf::fit(toy.training(), config, context);
    NeuMf::fit(toy.training(), config, context);
    EXPECT_EQ(log.losses, all) << at;
  }
}

/// A fit of one process that is interrupted in the gmf, in the mlp or after the join goes on as one of two.
TEST(NeuMf, ContinuesOnSeveralRanks) {
  const Toy toy = tastes();
  const NeuMf::Config config = config_of(2, 3);
  const std::vector<double> all = losses(toy, config);
  for (const int at : {1, 3, 6}) {
    Interruption one;
    one.at = at;
    FitContext context;
    context.observer = &one;
    NeuMf::fit(toy.training(), config, context);
    on_ranks(2, [&](const Communicator& ranks) {
      Interruption own = one;
      FitLog log;
      FitContext on_rank;
      on_rank.communicator = &ranks;
      on_rank.observer = &own;
      on_rank.log = &log;
      TrainingData data = toy.training();
      if (!ranks.first()) data.events = {};  // the other has them all
      NeuMf::fit(data, config, on_rank);
      EXPECT_EQ(log.losses, std::vector<double>(all.begin() + at, all.end())) << at;
    });
  }
}

/// Halves that are trained are left more nearly as they are.
TEST(NeuMf, FineTunesTrainedHalvesInShorterSteps) {
  const Toy toy = tastes();
  NeuMf::Config config = config_of(12, 2);
  const std::vector<double> by_default = losses(toy, config);
  config.fine_tune_learning_rate = 0.5f * config.learning_rate;
  EXPECT_EQ(by_default, losses(toy, config));
}

TEST(NeuMf, FineTunesAsItIsTold) {
  const Toy toy = tastes();
  NeuMf::Config config = config_of(2, 2);
  const std::vector<double> all = losses(toy, config);
  config.fine_tune_learning_rate = config.learning_rate;
  EXPECT_EQ(all, losses(toy, config));
  config.fine_tune_learning_rate *= 2;
  const std::vector<double> faster = losses(toy, config);
  EXPECT_EQ(all[3], faster[3]) << "pretraining is the same";
  EXPECT_NE(all[5], faster[5]);
  config.fine_tune_optimizer = "sgd";  // each phase with its own schedule
  const std::vector<double> complete = losses(toy, config);
  config.epochs = 7;
  EXPECT_EQ(complete[3], losses(toy, config)[3]) << "pretraining does not depend on what follows";
}

}  // namespace
}  // namespace akin
