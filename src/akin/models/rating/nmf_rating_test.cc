#include "akin/models/rating/nmf_rating.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

NmfRating::Config small_nmf_rating(bool biases) {
  NmfRating::Config config;
  config.factors = 5;
  config.epochs = 20;
  config.biases = biases;
  return config;
}

/// Ratings that are sums of two tastes, so that there is something to learn.
Toy taste_toy() {
  std::vector<Event> events;
  for (idx_t u = 0; u < 96; ++u) {
    Rng rng(5, u);
    for (idx_t i = 0; i < 60; ++i) {
      if (rng.below(3) == 0) continue;
      const float like = i % 2 == u % 2 ? 2.5f : 0.5f;
      events.push_back(
          {u, i, 1 + like + 0.5f * static_cast<float>(u % 3) + 0.1f * static_cast<float>(rng.below(5))});
    }
  }
  return make_toy(97, 61, std::move(events));
}

/// L of the class comment from a model's vectors, rating by rating. The bias of user u is what user_vector()
/// has beyond `mean`.
double objective(const Toy& toy, const Model& model, const NmfRating::Config& config, double mean) {
  const auto f = static_cast<std::size_t>(config.factors);
  double loss = 0;
  for (const Event& event : toy.events) {
    std::vector<float> user(f + 2);
    model.user_vector({.user = event.user}, user);
    const auto item = model.item_vectors()[event.item];
    double predicted = 0, penalty = 0;
    for (std::size_t k = 0; k < f + 2; ++k)
      predicted += static_cast<double>(user[k]) * static_cast<double>(item[k]);
    for (std::size_t k = 0; k < f; ++k)
      penalty += static_cast<double>(user[k]) * static_cast<double>(user[k]) +
                 static_cast<double>(item[k]) * static_cast<double>(item[k]);
    const double bu = static_cast<double>(user[f]) - mean, bi = static_cast<double>(item[f + 1]);
    loss += std::pow(static_cast<double>(event.value) - predicted, 2) +
            static_cast<double>(config.regularization) * penalty +
            static_cast<double>(config.bias_regularization) * (bu * bu + bi * bi);
  }
  return loss;
}

TEST(NmfRating, LossIsTheObjectiveAndNeverRises) {
  const Toy toy = taste_toy();
  double mean = 0;
  for (const Event& event : toy.events)
    mean += static_cast<double>(event.value) / static_cast<double>(toy.events.size());
  for (const bool biases : {true, false}) {
    std::vector<double> losses;
    FitContext context;
    context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
    const auto model = NmfRating::fit(toy.training(), small_nmf_rating(biases), context);
    ASSERT_EQ(losses.size(), 20u);
    for (std::size_t k = 1; k < losses.size(); ++k) EXPECT_LE(losses[k], losses[k - 1] * (1 + 1e-5)) << k;
    EXPECT_LT(losses.back(), 0.9 * losses.front());
    const double expected = objective(toy, *model, small_nmf_rating(biases), biases ? mean : 0);
    EXPECT_LE(expected, losses.back() * (1 + 1e-4));  // the last users are the best ones for the items
    EXPECT_GT(expected, losses.back() * 0.98);
  }
}

TEST(NmfRating, FactorsAreNotNegative) {
  for (const bool biases : {true, false}) {
    const Toy toy = taste_toy();
    const auto model = NmfRating::fit(toy.training(), small_nmf_rating(biases), {});
    for (std::size_t i = 0; i < 61; ++i) {
      for (const float value : model->item_vectors()[i].first(5)) EXPECT_GE(value, 0);
      EXPECT_EQ(model->item_vectors()[i][5], 1);
      if (!biases) {
        EXPECT_EQ(model->item_vectors()[i][6], 0);
      }
    }
    for (idx_t u = 0; u < 96; ++u) {
      std::vector<float> user(7);
      ASSERT_TRUE(model->user_vector({.user = u}, user));
      for (std::size_t k = 0; k < 5; ++k) EXPECT_GE(user[k], 0);
      if (!biases) {
        EXPECT_EQ(user[5], 0);
      }
    }
  }
}

TEST(NmfRating, PredictsRatingsItWasNotShown) {
  const Toy all = taste_toy();
  std::vector<Event> shown, hidden;
  for (std::size_t e = 0; e < all.events.size(); ++e) (e % 7 == 0 ? hidden : shown).push_back(all.events[e]);
  const Toy toy = make_toy(97, 61, std::move(shown));
  NmfRating::Config config = small_nmf_rating(true);
  config.regularization = 0.02f;
  const auto model = NmfRating::fit(toy.training(), config, {});
  double squares = 0, spread = 0;
  for (const Event& event : hidden) {
    std::vector<float> score(1);
    ASSERT_TRUE(model->score({.user = event.user}, std::vector<idx_t>{event.item}, score));
    squares += std::pow(static_cast<double>(score[0] - event.value), 2);
    spread += std::pow(static_cast<double>(event.value) - 3.2, 2);
  }
  EXPECT_LT(squares, 0.15 * spread);
}

TEST(NmfRating, FoldingInTheTrainingHistoryGivesTheStoredVector) {
  const Toy toy = taste_toy();
  for (const bool biases : {true, false}) {
    const auto model = NmfRating::fit(toy.training(), small_nmf_rating(biases), {});
    for (idx_t user = 0; user < 96; ++user) {
      const auto history = items_of(toy, user);
      const auto values = values_of(toy, user);
      std::vector<float> stored(7), folded(7);
      ASSERT_TRUE(model->user_vector({.user = user}, stored));
      ASSERT_TRUE(model->user_vector({.history = history, .values = values}, folded));
      EXPECT_EQ(folded, stored) << user;
    }
  }
}

TEST(NmfRating, FoldedInItemsAreTheMinimumForTheirUsers) {
  const Toy toy = taste_toy();
  const auto model = NmfRating::fit(toy.training(), small_nmf_rating(true), {});
  const std::vector<idx_t> users = {1, 3, 5, 7, 11, 96, 1000};  // 96 has no ratings, 1000 does not exist
  const std::vector<float> ratings = {5, 5, 4, 5, 3, 1, 1};
  std::vector<float> folded(7);
  ASSERT_TRUE(model->item_vector(users, ratings, folded));
  EXPECT_EQ(folded[5], 1);
  const auto loss = [&](const std::vector<float>& item) {
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      std::vector<float> user(7);
      model->user_vector({.user = users[k]}, user);
      double predicted = 0, penalty = 0;
      for (std::size_t c = 0; c < 7; ++c) predicted += static_cast<double>(user[c] * item[c]);
      for (std::size_t c = 0; c < 5; ++c) penalty += static_cast<double>(item[c] * item[c]);
      sum += std::pow(static_cast<double>(ratings[k]) - predicted, 2) + 0.1 * penalty +
             0.02 * static_cast<double>(item[6] * item[6]);
    }
    return sum;
  };
  for (const std::size_t c : {0u, 1u, 2u, 3u, 4u, 6u}) {
    for (const float step : {-0.05f, 0.05f}) {
      std::vector<float> other = folded;
      other[c] = c < 5 ? std::max(0.0f, other[c] + step) : other[c] + step;
      EXPECT_GE(loss(other), loss(folded) - 1e-5) << c;
    }
  }
  EXPECT_FALSE(model->item_vector(std::vector<idx_t>{96}, {}, folded));
}

TEST(NmfRating, SameSeedSameBitsAtAnyThreadCountAndOfAFile) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<NmfRating>(toy, small_nmf_rating(true), 5, 1);
  for (const int threads : {2, 3, 200})
    EXPECT_EQ(fit_scores<NmfRating>(toy, small_nmf_rating(true), 5, threads), expected);
  EXPECT_NE(fit_scores<NmfRating>(toy, small_nmf_rating(true), 6, 1), expected);
  const auto model = NmfRating::fit(toy.training(), small_nmf_rating(true), {{.seed = 5}});
  EXPECT_EQ(all_scores(*reload<NmfRating>(*model, 97, 331), 97), expected);
}

TEST(NmfRating, GoesOnFromATrainedModel) {
  const Toy all = taste_toy();
  std::vector<Event> old_events;
  for (const Event& event : all.events) {
    if (event.user < 83 && event.item < 53) old_events.push_back(event);
  }
  const Toy before = make_toy(83, 53, std::move(old_events));
  const auto old = NmfRating::fit(before.training(), small_nmf_rating(true), {});
  FitStart start;
  start.model = old.get();
  for (idx_t user = 0; user < 96; ++user) start.fold_users.push_back(user);
  for (idx_t item = 53; item < 60; ++item) start.fold_items.push_back(item);
  NmfRating::Config config = small_nmf_rating(true);
  config.epochs = 0;
  const auto folded = NmfRating::fit(all.training(), config, {{}, nullptr, &start});
  std::vector<float> expected(7), stored(7);
  for (idx_t item = 0; item < 61; ++item) {
    std::vector<idx_t> users;
    std::vector<float> values;
    for (const Event& event : all.events) {
      if (event.item != item || event.user >= 83) continue;
      users.push_back(event.user);
      values.push_back(event.value);
    }
    if (item < 53) {
      std::ranges::copy(old->item_vectors()[item], expected.begin());
    } else if (!old->item_vector(users, values, expected)) {
      expected = {0, 0, 0, 0, 0, 1, 0};  // an average item
    }
    EXPECT_TRUE(std::ranges::equal(folded->item_vectors()[item], expected)) << item;
  }
  const auto history = items_of(all, 90);
  const auto values = values_of(all, 90);
  ASSERT_TRUE(folded->user_vector({.user = 90}, stored));
  ASSERT_TRUE(folded->user_vector({.history = history, .values = values}, expected));
  EXPECT_EQ(stored, expected);
  config.factors = 7;
  EXPECT_EQ(error_of([&] {
              NmfRating::fit(all.training(), config, {{}, nullptr, &start});
            }),
            ErrorCode::kUsage);
}

TEST(NmfRating, RefusesWhatItCannotLearnFrom) {
  const Toy none = make_toy(3, 3, {}), negative = make_toy(2, 2, {{0, 0, 2}, {1, 1, -1}});
  const Toy infinite = make_toy(2, 2, {{0, 0, 3e38f}, {1, 1, 1}});
  EXPECT_EQ(error_of([&] { NmfRating::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { NmfRating::fit(infinite.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { NmfRating::fit(negative.training(), small_nmf_rating(false), {}); }),
            ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { NmfRating::fit(negative.training(), small_nmf_rating(true), {}); }), std::nullopt);
  PretrainedItems items{Matrix(61, 5), std::vector<char>(61, 1), "some.csv"};
  items.vectors[7][2] = -0.1f;
  FitStart start;
  start.items = &items;
  EXPECT_EQ(error_of([&] {
              NmfRating::fit(taste_toy().training(), small_nmf_rating(true), {{}, nullptr, &start});
            }),
            ErrorCode::kUsage);
}

TEST(NmfRating, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<NmfRating>(random_toy(), small_nmf_rating(true), threads),
              ErrorCode::kCancelled);
}

}  // namespace
}  // namespace akin
