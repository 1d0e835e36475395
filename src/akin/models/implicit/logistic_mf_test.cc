#include "akin/models/implicit/logistic_mf.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/implicit/logistic_fold_in.h"
#include "akin/models/ranking/pairwise_model_test.h"

namespace akin {
namespace {

using namespace testing_data;

LogisticMf::Config small_logistic_mf() {
  LogisticMf::Config config;
  config.factors = 5;
  config.epochs = 5;
  return config;
}

TEST(LogisticMf, RecommendsTheWithheldItemOfACheckerboard) {
  const Toy toy = checkerboard(26);
  LogisticMf::Config config;
  config.factors = 2;
  config.epochs = 200;
  const auto model = LogisticMf::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 26; ++user) {
    const auto have = items_of(toy, user);
    EXPECT_EQ(best_new_item(*model, {.user = user}, have), user);
    EXPECT_EQ(best_new_item(*model, {.history = have}, have), user) << "folded in";
  }
}

/// Where every item is as likely as the others and nothing else can be learned, sigma(s) is the share of
/// positives among what is drawn for the item.
TEST(LogisticMf, ScoresAreLogOddsAmongTheDraws) {
  std::vector<Event> events;
  for (idx_t u = 0; u < 101; ++u) {
    for (idx_t i = 0; i < 16; ++i) {
      if (i < 8 || u % 4 == 0) events.push_back({u, i, 1});  // 8 items of all users, 8 of a quarter
    }
  }
  const Toy toy = make_toy(101, 16, std::move(events));
  LogisticMf::Config config;
  config.factors = 1;
  config.init_sigma = 1e-9f;
  config.epochs = 100;
  config.regularization = 0;
  config.learning_rate = 0.05f;
  config.negatives = 3;
  const auto model = LogisticMf::fit(toy.training(), config, {});
  std::vector<float> scores(16);
  ASSERT_TRUE(model->score_all({.user = 1}, scores));
  // User 1 has the 8 popular items; each item is drawn 3 x 8 / 16 = 1.5 times an epoch as a negative.
  double mean = 0;
  for (idx_t i = 0; i < 8; ++i) mean += 1 / (1 + std::exp(-double{scores[i]})) / 8;
  EXPECT_NEAR(mean, 1 / (1 + 1.5), 0.05);
}

TEST(LogisticMf, SameSeedSameBitsAtAnyThreadCount) {
  expect_same_bits_at_any_thread_count<LogisticMf>(small_logistic_mf());
}

TEST(LogisticMf, SavedAndLoadedModelScoresTheSame) {
  expect_reload_keeps_scores<LogisticMf>(small_logistic_mf());
}

TEST(LogisticMf, FoldedInUsersRankLikeStoredOnes) {
  LogisticMf::Config config;
  config.factors = 4;
  config.epochs = 200;
  expect_folded_in_users_rank_alike<LogisticMf>(config, 0.97);
}

TEST(LogisticMf, FoldedInItemsReachTheirUsers) {
  LogisticMf::Config config;
  config.factors = 6;
  config.epochs = 200;
  expect_folded_in_items_reach_their_users<LogisticMf>(config);
}

TEST(LogisticMf, GoesOnFromAModel) { expect_warm_start<LogisticMf>(small_logistic_mf()); }

TEST(LogisticMf, BeginsWithGivenItems) { expect_given_items<LogisticMf>(small_logistic_mf()); }

TEST(LogisticMf, RefusesWhatItCannotLearnFrom) {
  const Toy none = make_toy(3, 3, {}), toy = random_toy();
  EXPECT_EQ(error_of([&] { LogisticMf::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  LogisticMf::Config config;
  config.learning_rate = 10;
  config.regularization = 100;
  EXPECT_EQ(error_of([&] { LogisticMf::fit(toy.training(), config, {}); }), ErrorCode::kBadData);
}

TEST(LogisticMf, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<LogisticMf>(random_toy(), {}, threads), ErrorCode::kCancelled);
}

/// At the minimum every free derivative, by central differences of the objective, is zero.
TEST(LogisticFoldIn, EndsWhereTheGradientVanishes) {
  const Matrix rows = Matrix::normal(53, 7, 1, 4);
  LogisticTerms terms;
  Rng rng(8);
  for (idx_t k = 0; k < 53; ++k)
    terms.add(k, 1 + static_cast<float>(rng.below(3)), static_cast<float>(k % 2));
  Matrix start(1, 7), x(1, 7);
  start[0][4] = x[0][4] = 1;
  start[0][6] = x[0][6] = -2;
  logistic_fold_in(rows, terms, 0.3f, 4, x);
  EXPECT_EQ(x[0][4], 1) << "fixed";
  const double least = logistic_objective(rows, terms, 0.3f, start, x);
  EXPECT_LT(least, logistic_objective(rows, terms, 0.3f, start, start) - 1);
  for (std::size_t c = 0; c < 7; ++c) {
    if (c == 4) continue;
    const float value = x[0][c];
    x[0][c] = value + 0.01f;
    const double high = logistic_objective(rows, terms, 0.3f, start, x);
    x[0][c] = value - 0.01f;
    const double low = logistic_objective(rows, terms, 0.3f, start, x);
    x[0][c] = value;
    EXPECT_NEAR((high - low) / 0.02, 0, 0.01) << "entry " << c;
    EXPECT_GT(high, least);
    EXPECT_GT(low, least);
  }
}

}  // namespace
}  // namespace akin
