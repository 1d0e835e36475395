#include "akin/models/factor/bpr.h"

#include <gtest/gtest.h>

#include "akin/models/factor/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

Bpr::Config small_config() {
  Bpr::Config config;
  config.factors = 5;
  config.epochs = 5;
  return config;
}

/// Share of pairs (item in `have`, item not in it) that the scores order rightly.
double auc(const std::vector<float>& scores, const std::vector<idx_t>& have) {
  std::set<idx_t> positives(have.begin(), have.end());
  double right = 0, pairs = 0;
  for (const idx_t i : positives) {
    for (idx_t j = 0; j < scores.size(); ++j) {
      if (positives.contains(j)) continue;
      right += scores[i] > scores[j];
      pairs += 1;
    }
  }
  return right / pairs;
}

/// Two groups of users with disjoint tastes: user u has half of the items of u's parity.
Toy two_tastes() {
  std::vector<Event> events;
  for (idx_t u = 0; u < 61; ++u) {
    Rng rng(3, u);
    for (idx_t i = u % 2; i < 40; i += 2) {
      if (rng.uniform() < 0.5) events.push_back({u, i, 1});
    }
  }
  return make_toy(61, 40, std::move(events));
}

TEST(Bpr, OrdersAllPairsOfASeparableShop) {
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
  Bpr::Config config = small_config();
  config.epochs = 30;
  config.init_sigma = 0.001f;
  config.learning_rate = 0.2f;
  std::vector<double> losses;
  Context context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  Bpr::fit(two_tastes().training(), config, context);
  ASSERT_EQ(losses.size(), 30u);
  EXPECT_NEAR(losses[0], std::log(2), 0.05);
  EXPECT_LT(losses[29], 0.5 * losses[0]);
}

TEST(Bpr, SameSeedSameBitsAtAnyThreadCount) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<Bpr>(toy, small_config(), 5, 1);
  for (const int threads : {1, 2, 3, 5, 200})
    EXPECT_EQ(fit_scores<Bpr>(toy, small_config(), 5, threads), expected);
  EXPECT_NE(fit_scores<Bpr>(toy, small_config(), 6, 1), expected);
}

TEST(Bpr, SavedAndLoadedModelScoresTheSame) {
  const Toy toy = random_toy();
  const auto model = Bpr::fit(toy.training(), small_config(), {});
  const auto loaded = reload<Bpr>(*model, 97, 331);
  EXPECT_EQ(all_scores(*loaded, 97), all_scores(*model, 97));
  const std::vector<idx_t> history = {5, 3, 200};
  std::vector<float> before(331), after(331);
  ASSERT_TRUE(model->score_all({.history = history}, before));
  ASSERT_TRUE(loaded->score_all({.history = history}, after));
  EXPECT_EQ(before, after);
}

TEST(Bpr, FoldedInUsersRankLikeStoredOnes) {
  const Toy toy = two_tastes();
  Bpr::Config config;
  config.factors = 4;
  const auto model = Bpr::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 61; ++user) {
    auto history = items_of(toy, user);
    std::vector<float> stored(40), folded(40), reversed(40);
    ASSERT_TRUE(model->score_all({.user = user, .history = history}, stored));
    ASSERT_TRUE(model->score_all({.history = history}, folded));
    EXPECT_GT(correlation(stored, folded), 0.97) << "user " << user;
    std::ranges::reverse(history);
    history.push_back(history.front());
    ASSERT_TRUE(model->score_all({.history = history}, reversed));
    EXPECT_EQ(reversed, folded) << "the order and repetitions do not matter";
  }
}

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
  Bpr::Config config = small_config();
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
  Bpr::Config config = small_config();
  config.epochs = 0;
  const auto model = Bpr::fit(random_toy().training(), config, {});
  EXPECT_NE(model->item_vectors()[0][0], 0);
}

}  // namespace
}  // namespace akin
