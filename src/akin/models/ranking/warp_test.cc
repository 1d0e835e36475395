#include "akin/models/ranking/warp.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/ranking/pairwise_model_test.h"

namespace akin {
namespace {

using namespace testing_data;

Warp::Config small_warp() {
  Warp::Config config;
  config.factors = 5;
  config.epochs = 5;
  return config;
}

TEST(Warp, RankWeightsAreHarmonicNumbers) {
  const std::vector<float> weights = rank_weights(5);
  ASSERT_EQ(weights.size(), 5u);
  const double whole = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4;
  EXPECT_EQ(weights[0], 0);
  EXPECT_NEAR(weights[1], 1 / whole, 1e-6);
  EXPECT_NEAR(weights[3], (1 + 1.0 / 2 + 1.0 / 3) / whole, 1e-6);
  EXPECT_FLOAT_EQ(weights[4], 1);
  EXPECT_EQ(rank_weights(1), std::vector<float>{1});
}

TEST(Warp, PutsWhatWasChosenFirst) {
  const Toy toy = two_tastes();
  Warp::Config config;
  config.factors = 8;
  config.epochs = 200;
  const auto model = Warp::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 61; ++user) {
    const auto have = items_of(toy, user);
    std::vector<float> scores(40);
    ASSERT_TRUE(model->score_all({.user = user}, scores));
    const auto top = top_k(scores, 3);
    for (const Scored& item : top) EXPECT_TRUE(std::ranges::count(have, item.idx)) << "user " << user;
    EXPECT_GT(auc(scores, have), 0.9) << "user " << user;
  }
}

TEST(Warp, RecommendsTheWithheldItemOfACheckerboard) {
  const Toy toy = checkerboard(26);
  Warp::Config config;
  config.factors = 2;
  config.epochs = 100;
  config.regularization = 0.01f;
  const auto model = Warp::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 26; ++user) {
    const auto have = items_of(toy, user);
    EXPECT_EQ(best_new_item(*model, {.user = user}, have), user);
    EXPECT_EQ(best_new_item(*model, {.history = have}, have), user) << "folded in";
  }
}

/// With one item more than the user has, every draw is that item: the steps can be followed by hand.
TEST(Warp, TakesTheStepsOfThePaper) {
  const Toy toy = make_toy(1, 3, {{0, 0, 1}, {0, 1, 1}});
  Warp::Config config;
  config.factors = 3;
  config.epochs = 1;
  config.learning_rate = 0.1f;
  config.regularization = 0.2f;
  config.max_trials = 1;
  config.init_sigma = 0.5f;
  config.epochs = 0;
  const auto before = Warp::fit(toy.training(), config, {});
  config.epochs = 1;
  const auto after = Warp::fit(toy.training(), config, {});
  std::vector<double> p(4);
  std::vector<float> user(4);
  ASSERT_TRUE(before->user_vector({.user = 0}, user));
  std::copy(user.begin(), user.end(), p.begin());
  // The item without events shows no vector in the model, but begins with one: that of a matrix of its own.
  const Matrix begin = Matrix::normal(3, 3, 0.5 / std::sqrt(3.0), Rng(42, 2).next());
  std::vector<std::vector<double>> q(3, std::vector<double>(4, 0.0));
  for (std::size_t i = 0; i < 3; ++i) std::copy(begin[i].begin(), begin[i].end(), q[i].begin());
  const auto result = [&](const std::vector<int>& order) {
    auto u = p;
    auto items = q;
    for (const int i : order) {
      double si = items[i][3], sj = items[2][3];
      for (int c = 0; c < 3; ++c) si += u[c] * items[i][c], sj += u[c] * items[2][c];
      if (sj <= si - 1) continue;
      const double weight = 1;  // rank (3 - 1) / 1 = 2 of 2
      for (int c = 0; c < 4; ++c) {
        const double x = c == 3 ? 1 : u[c], y = items[i][c], z = items[2][c];
        if (c < 3) u[c] += 0.1 * (weight * (y - z) - 0.2 * x);
        items[i][c] += 0.1 * (weight * x - 0.2 * y);
        items[2][c] += 0.1 * (-weight * x - 0.2 * z);
      }
    }
    return u;
  };
  ASSERT_TRUE(after->user_vector({.user = 0}, user));
  const auto distance = [&](const std::vector<double>& expected) {
    double sum = 0;
    for (int c = 0; c < 3; ++c) sum += std::abs(expected[c] - user[c]);
    return sum;
  };
  EXPECT_LT(std::min(distance(result({0, 1})), distance(result({1, 0}))), 1e-5);
}

TEST(Warp, MaxNormBoundsTheVectors) {
  Warp::Config config = small_warp();
  config.max_norm = 0.25f;
  config.epochs = 20;
  config.learning_rate = 0.5f;
  const auto model = Warp::fit(random_toy().training(), config, {});
  double longest = 0;
  for (std::size_t i = 0; i < 331; ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < 5; ++c) sum += std::pow(model->item_vectors()[i][c], 2);
    longest = std::max(longest, std::sqrt(sum));
  }
  EXPECT_LE(longest, 0.25 + 1e-6);
  EXPECT_GT(longest, 0.24);
}

TEST(Warp, SameSeedSameBitsAtAnyThreadCount) { expect_same_bits_at_any_thread_count<Warp>(small_warp()); }

TEST(Warp, SavedAndLoadedModelScoresTheSame) { expect_reload_keeps_scores<Warp>(small_warp()); }

TEST(Warp, FoldedInUsersRankLikeStoredOnes) {
  Warp::Config config;
  config.factors = 4;
  expect_folded_in_users_rank_alike<Warp>(config, 0.95);
}

TEST(Warp, FoldedInItemsReachTheirUsers) {
  Warp::Config config;
  config.factors = 6;
  config.epochs = 60;
  expect_folded_in_items_reach_their_users<Warp>(config);
}

TEST(Warp, GoesOnFromAModel) { expect_warm_start<Warp>(small_warp()); }

TEST(Warp, BeginsWithGivenItems) { expect_given_items<Warp>(small_warp()); }

TEST(Warp, RefusesWhatItCannotLearnFrom) {
  const Toy none = make_toy(3, 3, {}), toy = random_toy();
  EXPECT_EQ(error_of([&] { Warp::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  Warp::Config config;
  config.learning_rate = 10;
  config.regularization = 100;
  EXPECT_EQ(error_of([&] { Warp::fit(toy.training(), config, {}); }), ErrorCode::kBadData);
}

TEST(Warp, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Warp>(random_toy(), {}, threads), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace akin
