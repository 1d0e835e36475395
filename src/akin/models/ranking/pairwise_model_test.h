// What the tests of the ranking models share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin::testing_data {

/// Share of pairs (item in `have`, item not in it) that the scores order rightly.
inline double auc(const std::vector<float>& scores, const std::vector<idx_t>& have) {
  const std::set<idx_t> positives(have.begin(), have.end());
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

/// Two groups of users with disjoint tastes: user u has half of the items of u's parity. Items from `known`
/// on have no events.
inline Toy two_tastes(idx_t known = 40) {
  std::vector<Event> events;
  for (idx_t u = 0; u < 61; ++u) {
    Rng rng(3, u);
    for (idx_t i = u % 2; i < 40; i += 2) {
      if (rng.uniform() < 0.5 && i < known) events.push_back({u, i, 1});
    }
  }
  return make_toy(61, 40, std::move(events));
}

template <typename M>
void expect_same_bits_at_any_thread_count(const typename M::Config& config) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<M>(toy, config, 5, 1);
  for (const int threads : {2, 3, 5, 200}) EXPECT_EQ(fit_scores<M>(toy, config, 5, threads), expected);
  EXPECT_NE(fit_scores<M>(toy, config, 6, 1), expected);
}

template <typename M>
void expect_reload_keeps_scores(const typename M::Config& config) {
  const Toy toy = random_toy();
  const auto model = M::fit(toy.training(), config, {});
  const auto loaded = reload<M>(*model, 97, 331);
  EXPECT_EQ(all_scores(*loaded, 97), all_scores(*model, 97));
  const std::vector<idx_t> history = {5, 3, 200}, users = {1, 2, 30};
  std::vector<float> before(331), after(331);
  ASSERT_TRUE(model->score_all({.history = history}, before));
  ASSERT_TRUE(loaded->score_all({.history = history}, after));
  EXPECT_EQ(before, after);
  std::vector<float> item(model->item_vectors().cols()), loaded_item(item.size());
  ASSERT_TRUE(model->item_vector(users, {}, item));
  ASSERT_TRUE(loaded->item_vector(users, {}, loaded_item));
  EXPECT_EQ(item, loaded_item);
}

template <typename M>
void expect_folded_in_users_rank_alike(const typename M::Config& config, double least) {
  const Toy toy = two_tastes();
  const auto model = M::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 61; ++user) {
    auto history = items_of(toy, user);
    std::vector<float> stored(40), folded(40), reversed(40);
    ASSERT_TRUE(model->score_all({.user = user, .history = history}, stored));
    ASSERT_TRUE(model->score_all({.history = history}, folded));
    EXPECT_GT(correlation(stored, folded), least) << "user " << user;
    std::ranges::reverse(history);
    history.push_back(history.front());
    ASSERT_TRUE(model->score_all({.history = history}, reversed));
    EXPECT_EQ(reversed, folded) << "the order and repetitions do not matter";
  }
}

/// Item 38 is folded in after a fit without it: its users' parity must score it higher than the others do,
/// and about as high as the items that were trained on.
template <typename M>
void expect_folded_in_items_reach_their_users(const typename M::Config& config) {
  const Toy whole = two_tastes(), part = two_tastes(38);
  const auto model = M::fit(part.training(), config, {});
  std::vector<idx_t> users;
  for (const Event& event : whole.events) {
    if (event.item == 38) users.push_back(event.user);
  }
  ASSERT_GT(users.size(), 5u);
  std::vector<float> item(model->item_vectors().cols()), user(item.size());
  ASSERT_TRUE(model->item_vector(users, {}, item));
  int above = 0, even = 0;
  double mean_even = 0, mean_odd = 0;
  for (idx_t u = 0; u < 61; ++u) {
    ASSERT_TRUE(model->user_vector({.user = u}, user));
    double score = 0;
    for (std::size_t c = 0; c < item.size(); ++c) score += item[c] * user[c];
    (u % 2 == 0 ? mean_even : mean_odd) += score / 30.5;
    if (u % 2 != 0) continue;
    std::vector<float> scores(40);
    ASSERT_TRUE(model->score_all({.user = u}, scores));
    std::vector<float> others;
    for (idx_t i = 1; i < 38; i += 2) others.push_back(scores[i]);
    above += score > *std::ranges::max_element(others);
    ++even;
  }
  EXPECT_GT(mean_even, mean_odd + 0.5);
  EXPECT_GT(above, 0.7 * even) << "users whose score of it beats those of all items of the other taste";
  const std::vector<float> returned(users.size(), -1.0f);
  EXPECT_FALSE(model->item_vector(users, returned, item)) << "nobody chose it";
  EXPECT_FALSE(model->item_vector({}, {}, item));
}

template <typename M>
void expect_warm_start(typename M::Config config) {
  const Toy part = random_toy(89, 331), whole = random_toy(97, 331);
  FitContext context;
  const auto old = M::fit(part.training(), config, context);
  FitStart start;
  start.model = old.get();
  for (idx_t u = 88; u + 1 < 97; ++u) start.fold_users.push_back(u);
  context.start = &start;
  config.epochs = 0;
  const auto grown = M::fit(whole.training(), config, context);
  std::vector<float> before(331), after(331);
  for (const idx_t user : {0u, 50u}) {
    ASSERT_TRUE(old->score_all({.user = user}, before));
    ASSERT_TRUE(grown->score_all({.user = user}, after));
    for (std::size_t i = 0; i + 1 < 331; ++i) EXPECT_NEAR(before[i], after[i], 1e-5) << "an old user";
  }
  const auto history = items_of(whole, 90);
  ASSERT_TRUE(old->score_all({.history = history}, before));
  ASSERT_TRUE(grown->score_all({.user = 90}, after));
  for (std::size_t i = 0; i + 1 < 331; ++i) EXPECT_NEAR(before[i], after[i], 1e-5) << "a new user";
  config.epochs = 3;
  context.threads = 1;
  const auto one = all_scores(*M::fit(whole.training(), config, context), 97);
  context.threads = 3;
  EXPECT_EQ(all_scores(*M::fit(whole.training(), config, context), 97), one);
  config.factors += 1;
  EXPECT_EQ(error_of([&] { M::fit(whole.training(), config, context); }), ErrorCode::kUsage);
}

template <typename M>
void expect_given_items(typename M::Config config) {
  const Toy toy = random_toy();
  PretrainedItems items{Matrix::normal(331, 5, 1, 9), std::vector<char>(331, 1), "elsewhere"};
  items.given[7] = 0;
  FitStart start;
  start.items = &items;
  FitContext context;
  config.epochs = 0;
  const auto plain = M::fit(toy.training(), config, context);
  context.start = &start;
  const auto model = M::fit(toy.training(), config, context);
  for (std::size_t c = 0; c < 5; ++c) {
    EXPECT_EQ(model->item_vectors()[3][c], items.vectors[3][c]);
    EXPECT_EQ(model->item_vectors()[7][c], plain->item_vectors()[7][c]) << "not given";
  }
  config.factors = 6;
  EXPECT_EQ(error_of([&] { M::fit(toy.training(), config, context); }), ErrorCode::kUsage);
}

}  // namespace akin::testing_data
