#include "akin/models/neighbors/co_occurrence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/neighbors/dense_similarity.h"

namespace akin {
namespace {

constexpr idx_t kUsers = 41, kItems = 17;

/// Random events with times, some of them unknown, and kinds.
Dataset dataset() {
  Dataset data = test::random_dataset(kUsers, kItems, 6);
  Rng rng(4);
  for (Event& event : data.events) {
    event.time = rng.uniform() < 0.2 ? kNoTime : static_cast<std::int64_t>(rng.below(1000)) * kSecond;
    event.kind = rng.uniform() < 0.5 ? EventKind::kView : EventKind::kPurchase;
  }
  std::ranges::stable_sort(data.events, [](const Event& a, const Event& b) {
    return a.user != b.user ? a.user < b.user : a.time < b.time;
  });
  return data;
}

/// The baskets, cut by the words of the class comment.
std::vector<std::set<idx_t>> baskets(const Dataset& data, const CoOccurrence::Config& config) {
  std::vector<std::set<idx_t>> result;
  for (idx_t user = 0; user < kUsers; ++user) {
    std::vector<Event> rest;
    for (const Event& event : data.events) {
      const bool kind = config.kind == "any" || (config.kind == "view") == (event.kind == EventKind::kView);
      if (event.user == user && kind) rest.push_back(event);
    }
    while (!rest.empty()) {
      const std::int64_t first = rest.front().time;
      const auto inside = [&](const Event& e) {
        if (config.window_seconds == 0) return true;
        if (first == kNoTime || e.time == kNoTime) return first == e.time;
        return e.time - first <= config.window_seconds * kSecond;
      };
      std::set<idx_t> basket;
      for (const Event& event : rest)
        if (inside(event)) basket.insert(event.item);
      std::erase_if(rest, inside);
      result.push_back(basket);
    }
  }
  return result;
}

double gives(const std::vector<std::set<idx_t>>& all, const CoOccurrence::Config& config, idx_t j, idx_t i) {
  double both = 0, n_i = 0, n_j = 0;
  for (const auto& basket : all) {
    n_i += basket.contains(i) ? 1 : 0;
    n_j += basket.contains(j) ? 1 : 0;
    both += basket.contains(i) && basket.contains(j) ? 1 : 0;
  }
  if (both < config.min_overlap || both == 0) return 0;
  const auto n = static_cast<double>(all.size());
  if (config.measure == "count") return both;
  if (config.measure == "confidence") return both / n_j;
  if (config.measure == "lift") return both * n / (n_i * n_j);
  return log_likelihood_ratio(both, n_j, n_i, n);
}

void expect_matches_reference(const CoOccurrence::Config& config) {
  const Dataset data = dataset();
  const auto all = baskets(data, config);
  const auto model = CoOccurrence::fit({data, data.events}, config, {});
  const std::vector<idx_t> history = {0, 4, 9, 4};
  std::vector<float> out(kItems);
  ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out));
  double found = 0;
  for (idx_t i = 0; i < kItems; ++i) {
    double expected = 0;
    for (const idx_t j : {0u, 4u, 9u}) expected += i == j ? 0 : gives(all, config, j, i);
    EXPECT_NEAR(out[i], expected, 1e-4 * (1 + expected)) << config.measure << " item " << i;
    found += expected;
    const auto why = model->explain({std::nullopt, history, {}}, i);
    ASSERT_TRUE(why.has_value());
    float sum = why->base;
    for (const Scored& cause : why->causes) sum += cause.score;
    EXPECT_NEAR(sum, out[i], 1e-4 * (1 + expected));
  }
  EXPECT_GT(found, 0);
}

TEST(CoOccurrence, EveryMeasureMatchesTheDenseReference) {
  for (const char* measure : {"count", "confidence", "lift", "log-likelihood"}) {
    expect_matches_reference({.measure = measure});
    expect_matches_reference({.kind = "view", .measure = measure, .min_overlap = 2});
    expect_matches_reference({.kind = "purchase", .window_seconds = 150, .measure = measure});
    expect_matches_reference({.window_seconds = 400, .measure = measure});
  }
}

TEST(CoOccurrence, KeepsTheBestPairs) {
  const Dataset data = dataset();
  const auto all = CoOccurrence::fit({data, data.events}, {.measure = "count"}, {});
  const auto few = CoOccurrence::fit({data, data.events}, {.measure = "count", .neighbors = 2}, {});
  for (idx_t i = 0; i < kItems; ++i) {
    EXPECT_EQ(few->similar(i, 9), all->similar(i, 2));
    EXPECT_EQ(few->similar(i, 9).size(), 2u);
  }
}

TEST(CoOccurrence, KnowsNothingOfWhatWasTakenAlone) {
  Dataset data;
  data.users.add("u");
  for (const char* item : {"a", "b"}) data.items.add(item);
  data.events = {{.user = 0, .item = 0, .time = 0}, {.user = 0, .item = 1, .time = 100 * kSecond}};
  std::vector<float> out(2);
  const std::vector<idx_t> history = {0};
  const Query query{std::nullopt, history, {}};
  EXPECT_TRUE(CoOccurrence::fit({data, data.events}, {.window_seconds = 100}, {})->score_all(query, out));
  EXPECT_EQ(out, (std::vector<float>{0, 1}));
  EXPECT_FALSE(CoOccurrence::fit({data, data.events}, {.window_seconds = 99}, {})->score_all(query, out));
}

TEST(CoOccurrence, RefusesAKindThatIsNotThere) {
  const Dataset data = dataset();
  EXPECT_THROW(CoOccurrence::fit({data, data.events}, {.kind = "cart"}, {}), Error);
}

}  // namespace
}  // namespace akin
