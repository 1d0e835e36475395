#include "akin/nn/constant_scores.h"

#include <gtest/gtest.h>

#include <cmath>

namespace akin::nn {
namespace {

Scores scores(Loss loss, std::vector<Metric> metrics, const Array& train, const Array& targets) {
  CompileOptions options;
  options.loss = loss;
  options.metrics = std::move(metrics);
  return constant_scores(options, train, targets);
}

TEST(ConstantScores, MeanAndMedianOfEachColumn) {
  const Array train = make_array({3, 2}, {0, 10, 0, 10, 3, 40}), targets = make_array({1, 2}, {2, 20});
  const Scores mse = scores(Loss::kMse, {Metric::kMae}, train, targets);
  EXPECT_DOUBLE_EQ(mse.at("loss"), ((2 - 1) * (2 - 1) + 0) / 2.0) << "the means are 1 and 20";
  EXPECT_DOUBLE_EQ(mse.at("mae"), (2 + 10) / 2.0) << "the medians are 0 and 10";
  EXPECT_DOUBLE_EQ(scores(Loss::kMae, {}, train, targets).at("loss"), 6);
}

TEST(ConstantScores, FrequenciesAndTheUsualClass) {
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  const Scores binary = scores(Loss::kBinaryCrossentropy, {Metric::kAccuracy}, make_array({4}, {1, 1, 0, 1}),
                               make_array({4}, {1, 0, 1, 1}));
  EXPECT_NEAR(binary.at("loss"), entropy, 1e-12);
  EXPECT_DOUBLE_EQ(binary.at("accuracy"), 0.75);
  const Scores sparse = scores(Loss::kSparseCategoricalCrossentropy, {Metric::kAccuracy},
                               make_array({4, 1}, {2, 2, 0, 2}), make_array({2, 1}, {2, 0}));
  EXPECT_NEAR(sparse.at("loss"), -(std::log(0.75) + std::log(0.25)) / 2, 1e-12);
  EXPECT_DOUBLE_EQ(sparse.at("accuracy"), 0.5);
  const Scores dense = scores(Loss::kCategoricalCrossentropy, {Metric::kAccuracy},
                              make_array({4, 3}, {0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1}),
                              make_array({2, 3}, {0, 0, 1, 1, 0, 0}));
  EXPECT_NEAR(dense.at("loss"), sparse.at("loss"), 1e-7);
  EXPECT_EQ(dense.at("accuracy"), sparse.at("accuracy"));
  const Scores unseen =
      scores(Loss::kSparseCategoricalCrossentropy, {}, make_array({1}, {0}), make_array({1}, {1}));
  EXPECT_NEAR(unseen.at("loss"), -std::log(1e-7), 1e-9) << "finite, as the losses of nets are";
}

}  // namespace
}  // namespace akin::nn
