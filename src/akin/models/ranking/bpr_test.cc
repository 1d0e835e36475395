#include "akin/models/ranking/bpr.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/models/ranking/pairwise_model_test.h"

namespace akin {
namespace {

using namespace testing_data;

Bpr::Config small_bpr() {
  Bpr::Config config;
  config.factors = 5;
  config.epochs = 5;
  return config;
}

TEST(Bpr, OrdersAllPairsOfASeparableDataset) {
  std::vector<Event> events;
  for (idx_t u = 0; u < 23; ++u) {
    for (idx_t i = u % 3; i < 31; i += 3) events.push_back({u, i, 1});
  }
  const Toy toy = make_toy(23, 31, std::move(events));
  Bpr::Config config;
  config.factors = 8;
  config.learning_rate = 0.1f;
  const auto model = Bpr::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 23; ++user) {
    const auto have = items_of(toy, user);
    std::vector<float> scores(31);
    ASSERT_TRUE(model->score_all({.user = user}, scores));
    EXPECT_EQ(auc(scores, have), 1) << "user " << user;
    ASSERT_TRUE(model->score_all({.history = have}, scores));
    EXPECT_EQ(auc(scores, have), 1) << "user " << user << " folded in";
  }
}

TEST(Bpr, RecommendsTheWithheldItemOfACheckerboard) {
  const Toy toy = checkerboard(26);
  Bpr::Config config;
  config.factors = 2;
  config.epochs = 100;
  config.regularization = 0.01f;
  const auto model = Bpr::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 26; ++user) {
    const auto have = items_of(toy, user);
    EXPECT_EQ(best_new_item(*model, {.user = user}, have), user);
    EXPECT_EQ(best_new_item(*model, {.history = have}, have), user) << "folded in";
  }
}

TEST(Bpr, LossStartsAtLogTwoAndFalls) {
  Bpr::Config config = small_bpr();
  config.epochs = 30;
  config.init_sigma = 0.001f;
  config.learning_rate = 0.2f;
  std::vector<double> losses;
  FitContext context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  Bpr::fit(two_tastes().training(), config, context);
  ASSERT_EQ(losses.size(), 30u);
  EXPECT_NEAR(losses[0], std::log(2), 0.05);
  EXPECT_LT(losses[29], 0.5 * losses[0]);
}

/// Configurations of each sampler.
std::vector<Bpr::Config> samplers(const Bpr::Config& config) {
  std::vector<Bpr::Config> all(3, config);
  all[1].sampler = "popularity";
  all[2].sampler = "hard";
  all[2].candidates = 11;  // more than one call of the kernel
  return all;
}

TEST(Bpr, EverySamplerLearnsTheTastes) {
  const Toy toy = two_tastes();
  Bpr::Config base;
  base.factors = 4;
  for (Bpr::Config config : samplers(base)) {
    SCOPED_TRACE(config.sampler);
    config.candidates = 2;
    const auto model = Bpr::fit(toy.training(), config, {});
    for (idx_t user = 0; user < 61; ++user) {
      std::vector<float> scores(40);
      ASSERT_TRUE(model->score_all({.user = user}, scores));
      EXPECT_GT(auc(scores, items_of(toy, user)), 0.7) << "user " << user;
    }
  }
}

/// Hard negatives leave less of the list in the wrong order at its top than uniform ones do after
/// as many steps.
TEST(Bpr, HardNegativesAreHarder) {
  const Toy toy = random_toy();
  Bpr::Config uniform = small_bpr();
  uniform.epochs = 3;
  uniform.learning_rate = 0.2f;
  std::vector<double> losses;
  FitContext context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  for (const Bpr::Config& config : samplers(uniform)) Bpr::fit(toy.training(), config, context);
  ASSERT_EQ(losses.size(), 9u);
  EXPECT_GT(losses[8], losses[2] + 0.02) << "hard against uniform";
}

TEST(Bpr, SameSeedSameBitsAtAnyThreadCount) {
  for (const Bpr::Config& config : samplers(small_bpr())) expect_same_bits_at_any_thread_count<Bpr>(config);
}

TEST(Bpr, SavedAndLoadedModelScoresTheSame) {
  for (const Bpr::Config& config : samplers(small_bpr())) expect_reload_keeps_scores<Bpr>(config);
}

TEST(Bpr, FoldedInUsersRankLikeStoredOnes) {
  Bpr::Config base;
  base.factors = 4;
  for (const Bpr::Config& config : samplers(base)) {
    SCOPED_TRACE(config.sampler);
    expect_folded_in_users_rank_alike<Bpr>(config, config.sampler == "hard" ? 0.9 : 0.96);
  }
}

TEST(Bpr, FoldedInItemsReachTheirUsers) {
  Bpr::Config base;
  base.factors = 6;
  for (const Bpr::Config& config : samplers(base)) {
    SCOPED_TRACE(config.sampler);
    expect_folded_in_items_reach_their_users<Bpr>(config);
  }
}

TEST(Bpr, GoesOnFromAModel) {
  for (const Bpr::Config& config : samplers(small_bpr())) expect_warm_start<Bpr>(config);
}

TEST(Bpr, BeginsWithGivenItems) { expect_given_items<Bpr>(small_bpr()); }

TEST(Bpr, UnknownUsersAndItems) {
  // Item 3 has no events, user 3 only returned what they bought.
  std::vector<Event> events;
  for (idx_t u = 0; u < 3; ++u) {
    for (idx_t i = 0; i < 3; ++i) {
      if (i != u) events.push_back({u, i, 1});
    }
  }
  events.push_back({3, 1, 1});
  events.push_back({3, 1, -1});
  const Toy toy = make_toy(4, 4, events);
  Bpr::Config config = small_bpr();
  config.epochs = 200;
  const auto model = Bpr::fit(toy.training(), config, {});
  std::vector<float> user(6), scores(4);
  EXPECT_FALSE(model->user_vector({.user = 3}, user));
  EXPECT_FALSE(model->user_vector({}, user));
  for (idx_t u = 0; u < 3; ++u) {
    ASSERT_TRUE(model->score_all({.user = u}, scores));
    for (const idx_t i : items_of(toy, u)) EXPECT_GT(scores[i], scores[3]) << "nobody chose item 3";
  }
  const std::vector<idx_t> everything = {0, 1, 2, 3};
  EXPECT_TRUE(model->user_vector({.history = everything}, user)) << "no negatives are left to draw";
}

TEST(Bpr, RefusesWhatItCannotLearnFrom) {
  const Toy none = make_toy(3, 3, {}), full = make_toy(1, 2, {{0, 0, 1}, {0, 1, 1}}), toy = random_toy();
  EXPECT_EQ(error_of([&] { Bpr::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { Bpr::fit(full.training(), {}, {}); }), ErrorCode::kBadData);
  Bpr::Config config;
  config.learning_rate = 10;
  config.regularization = 100;
  EXPECT_EQ(error_of([&] { Bpr::fit(toy.training(), config, {}); }), ErrorCode::kBadData);
}

TEST(Bpr, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Bpr>(random_toy(), {}, threads), ErrorCode::kCancelled);
}

TEST(Bpr, ZeroEpochsAreTheInitialState) {
  Bpr::Config config = small_bpr();
  config.epochs = 0;
  const auto model = Bpr::fit(random_toy().training(), config, {});
  EXPECT_NE(model->item_vectors()[0][0], 0);
}

}  // namespace
}  // namespace akin
