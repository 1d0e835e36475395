#include "akin/models/neighbors/slope_one.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/models/neighbors/dense_similarity.h"

namespace akin {
namespace {

constexpr idx_t kUsers = 31, kItems = 23;
constexpr double kUnknown = 0;

test::Dense latest(const Dataset& data) {
  test::Dense r(data.n_users(), std::vector<double>(data.n_items(), kUnknown));
  for (const Event& event : data.events) r[event.user][event.item] = event.value;
  return r;
}

double mean_of(const std::vector<double>& row) {
  double sum = 0, n = 0;
  for (const double r : row) {
    sum += r;
    n += r != kUnknown ? 1 : 0;
  }
  return sum / n;
}

/// The predictors of the paper in plain loops; NaN where no pair counts.
double predict(const test::Dense& r, const SlopeOne::Config& config, idx_t user, idx_t item) {
  double sum = 0, weight = 0;
  const bool bipolar = config.scheme == "bipolar";
  for (idx_t j = 0; j < r[0].size(); ++j) {
    if (j == item || r[user][j] == kUnknown) continue;
    const bool liked = r[user][j] > mean_of(r[user]);
    double difference = 0, users = 0;
    for (const auto& row : r) {
      if (row[item] == kUnknown || row[j] == kUnknown) continue;
      const double mean = mean_of(row);
      if (bipolar && ((row[item] > mean) != liked || (row[j] > mean) != liked)) continue;
      difference += row[item] - row[j];
      ++users;
    }
    if (users < config.min_overlap || users == 0) continue;
    const double w = config.scheme == "basic" ? 1 : users;
    sum += w * (difference / users + r[user][j]);
    weight += w;
  }
  return sum / weight;
}

void expect_matches_reference(const SlopeOne::Config& config) {
  const Dataset data = test::random_dataset(kUsers, kItems, 5);
  const test::Dense r = latest(data);
  const auto model = SlopeOne::fit({data, data.events}, config, {});
  const Csr rows = to_csr(data.events, kUsers, kItems, Repeats::kLast);
  const RatingBaseline baseline(rows, {});
  int predicted = 0;
  for (const idx_t user : {0u, 3u, 30u}) {
    std::vector<float> out(kItems);
    ASSERT_TRUE(model->score_all({user, rows.cols_of(user), rows.values_of(user)}, out));
    for (idx_t i = 0; i < kItems; ++i) {
      double expected = predict(r, config, user, i);
      predicted += std::isnan(expected) ? 0 : 1;
      if (std::isnan(expected)) {
        expected = static_cast<double>(baseline.mean()) +
                   baseline.user_bias(rows.cols_of(user), rows.values_of(user)) + baseline.item_bias(i);
      }
      EXPECT_NEAR(out[i], expected, 1e-4) << config.scheme << " user " << user << " item " << i;
    }
  }
  EXPECT_GT(predicted, config.scheme == "bipolar" ? 0 : 20);
}

TEST(SlopeOne, EverySchemeMatchesTheDenseReference) {
  for (const char* scheme : {"basic", "weighted", "bipolar"}) {
    expect_matches_reference({.scheme = scheme});
    expect_matches_reference({.scheme = scheme, .min_overlap = 3});
  }
}

/// Table 1 of Lemire & Maclachlan's introduction is one pair; this is the pair and a second item.
Dataset small() {
  Dataset data;
  for (const char* user : {"a", "b", "c"}) data.users.add(user);
  for (const char* item : {"i", "j", "k"}) data.items.add(item);
  data.events = {{.user = 0, .item = 0, .value = 1}, {.user = 0, .item = 1, .value = 1.5f},
                 {.user = 1, .item = 0, .value = 2}, {.user = 1, .item = 1, .value = 3.5f},
                 {.user = 1, .item = 2, .value = 5}, {.user = 2, .item = 0, .value = 2},
                 {.user = 2, .item = 2, .value = 4}};
  return data;
}

TEST(SlopeOne, AddsTheMeanDifference) {
  const Dataset data = small();
  const std::vector<idx_t> history = {0, 2};
  const std::vector<float> values = {2, 4};
  std::vector<float> out(3);
  // From i: 2 + (0.5 + 1.5) / 2 = 3, two users; from k: 4 - 1.5 = 2.5, one user.
  auto model = SlopeOne::fit({data, data.events}, {.scheme = "basic"}, {});
  ASSERT_TRUE(model->score_all({std::nullopt, history, values}, out));
  EXPECT_FLOAT_EQ(out[1], 2.75f);
  model = SlopeOne::fit({data, data.events}, {.scheme = "weighted"}, {});
  ASSERT_TRUE(model->score_all({std::nullopt, history, values}, out));
  EXPECT_FLOAT_EQ(out[1], (2 * 3 + 2.5f) / 3);
  model = SlopeOne::fit({data, data.events}, {.scheme = "basic", .neighbors = 1}, {});
  ASSERT_TRUE(model->score_all({std::nullopt, history, values}, out));
  EXPECT_FLOAT_EQ(out[1], 3) << "k keeps its pair with i only, of two users";
}

TEST(SlopeOne, IsTheSameWithMoreThreadsThanItems) {
  const Dataset data = test::random_dataset(61, 7, 4);
  const std::vector<idx_t> history = {2, 5};
  std::vector<float> one(7), many(7);
  ASSERT_TRUE(SlopeOne::fit({data, data.events}, {}, {.threads = 1})->score_all({{}, history, {}}, one));
  ASSERT_TRUE(SlopeOne::fit({data, data.events}, {}, {.threads = 13})->score_all({{}, history, {}}, many));
  EXPECT_EQ(one, many);
}

TEST(SlopeOne, RefusesNoRatings) {
  const Dataset data = small();
  EXPECT_THROW(SlopeOne::fit({data, {}}, {}, {}), Error);
}

}  // namespace
}  // namespace akin
