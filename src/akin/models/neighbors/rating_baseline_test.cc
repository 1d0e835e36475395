#include "akin/models/neighbors/rating_baseline.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/models/baseline/bias.h"
#include "akin/models/neighbors/dense_similarity.h"

namespace akin {
namespace {

constexpr idx_t kUsers = 23, kItems = 19;

Dataset dataset() { return test::random_dataset(kUsers, kItems, 7); }

Csr matrix(const Dataset& data) { return to_csr(data.events, kUsers, kItems, Repeats::kLast); }

std::vector<double> user_biases(const RatingBaseline& baseline, const Csr& ratings) {
  std::vector<double> biases;
  for (idx_t u = 0; u < kUsers; ++u)
    biases.push_back(baseline.user_bias(ratings.cols_of(u), ratings.values_of(u)));
  return biases;
}

/// The penalized squared error that als minimizes.
double loss(const Csr& ratings, double mean, const std::vector<double>& user,
            const std::vector<double>& item) {
  double sum = 0;
  for (idx_t u = 0; u < kUsers; ++u) {
    sum += 15 * user[u] * user[u];
    for (std::uint64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e)
      sum += std::pow(ratings.values[e] - mean - user[u] - item[ratings.indices[e]], 2);
  }
  for (const double b : item) sum += 10 * b * b;
  return sum;
}

TEST(RatingBaseline, ClosedFormIsKorens) {
  const Csr ratings = matrix(dataset());
  const RatingBaseline baseline(ratings,
                                {.method = "closed", .item_regularization = 3, .user_regularization = 4});
  double mean = 0;
  for (const float r : ratings.values) mean += r / static_cast<double>(ratings.entries());
  EXPECT_NEAR(baseline.mean(), mean, 1e-6);
  const Csr items = transpose(ratings);
  std::vector<double> item_bias;
  for (idx_t i = 0; i < kItems; ++i) {
    double sum = 0;
    for (const float r : items.values_of(i)) sum += r - mean;
    item_bias.push_back(sum / (3 + static_cast<double>(items.row_size(i))));
    EXPECT_NEAR(baseline.item_bias(i), item_bias.back(), 1e-5) << i;
  }
  const std::vector<double> users = user_biases(baseline, ratings);
  for (idx_t u = 0; u < kUsers; ++u) {
    double sum = 0;
    for (std::uint64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e)
      sum += ratings.values[e] - mean - item_bias[ratings.indices[e]];
    EXPECT_NEAR(users[u], sum / (4 + static_cast<double>(ratings.row_size(u))), 1e-5) << u;
  }
}

TEST(RatingBaseline, AlsIsTheMinimum) {
  const Csr ratings = matrix(dataset());
  const RatingBaseline baseline(ratings, {.sweeps = 200});
  std::vector<double> user = user_biases(baseline, ratings), item;
  for (idx_t i = 0; i < kItems; ++i) item.push_back(baseline.item_bias(i));
  const double mean = baseline.mean(), best = loss(ratings, mean, user, item);
  constexpr double kStep = 1e-3;
  const auto expect_minimum = [&](double& b) {
    b += kStep;
    const double up = loss(ratings, mean, user, item);
    b -= 2 * kStep;
    const double down = loss(ratings, mean, user, item);
    b += kStep;
    EXPECT_NEAR((up - down) / (2 * kStep), 0, 1e-3);
    EXPECT_GT(up, best);
  };
  for (double& b : user) expect_minimum(b);
  for (double& b : item) expect_minimum(b);
}

TEST(RatingBaseline, OneSweepIsTheClosedForm) {
  const Csr ratings = matrix(dataset());
  const RatingBaseline closed(ratings, {.method = "closed"}), als(ratings, {.sweeps = 1});
  for (idx_t i = 0; i < kItems; ++i) EXPECT_EQ(closed.item_bias(i), als.item_bias(i));
}

TEST(RatingBaseline, LikedIsTheUpperQuartile) {
  Dataset data;
  data.users.add("u");
  for (idx_t i = 0; i < 5; ++i) {
    data.items.add("i" + std::to_string(i));
    data.events.push_back({.user = 0, .item = i, .value = static_cast<float>(i + 1)});
  }
  const RatingBaseline baseline(to_csr(data.events, 1, 5, Repeats::kLast), {});
  EXPECT_EQ(baseline.liked(), 4);
  const std::vector<idx_t> history = {3, 1, 3};
  const std::vector<float> values = {2, 5, 1};
  EXPECT_EQ(baseline.rated_items({std::nullopt, history, {}}).ratings, (std::vector<float>{4, 4}));
  EXPECT_EQ(baseline.rated_items({std::nullopt, history, values}).items, (std::vector<idx_t>{1, 3}));
  EXPECT_EQ(baseline.rated_items({std::nullopt, history, values}).ratings, (std::vector<float>{5, 1}));
}

TEST(Bias, PredictsMeanPlusBothBiases) {
  const Dataset data = dataset();
  const Csr ratings = matrix(data);
  for (const char* method : {"mean", "closed", "als"}) {
    const RatingBaseline baseline(ratings, {.method = method});
    const auto model = Bias::fit({data, data.events}, {.method = method}, {});
    for (const idx_t u : {0u, 11u}) {
      std::vector<float> out(kItems);
      ASSERT_TRUE(model->score_all({u, ratings.cols_of(u), ratings.values_of(u)}, out));
      const float bias = baseline.user_bias(ratings.cols_of(u), ratings.values_of(u));
      for (idx_t i = 0; i < kItems; ++i)
        EXPECT_FLOAT_EQ(out[i], baseline.mean() + bias + baseline.item_bias(i)) << method;
    }
  }
}

TEST(Bias, MeanIsTheSameForAll) {
  const Dataset data = dataset();
  const auto model = Bias::fit({data, data.events}, {.method = "mean"}, {});
  std::vector<float> out(kItems), known(kItems);
  const std::vector<idx_t> history = {2};
  const std::vector<float> values = {5};
  ASSERT_TRUE(model->score_all({}, out));
  ASSERT_TRUE(model->score_all({std::nullopt, history, values}, known));
  EXPECT_EQ(out, known);
  EXPECT_EQ(out, std::vector<float>(kItems, out[0]));
}

TEST(Bias, RefusesNoRatings) {
  const Dataset data = dataset();
  EXPECT_THROW(Bias::fit({data, {}}, {}, {}), Error);
}

}  // namespace
}  // namespace akin
