#include "akin/optim/dual_descent.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "akin/base/error_for_test.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::size_t kRows = 60, kCols = 7;

struct Table {
  Csr rows;
  std::vector<float> classes, numbers;
};

Table random_table() {
  Table table;
  table.rows.cols = kCols;
  Rng rng(5);
  for (std::size_t r = 0; r < kRows; ++r) {
    double score = 0.3;
    for (idx_t c = 0; c < kCols; ++c) {
      if (rng.uniform() < 0.4) continue;
      const double x = rng.normal();
      table.rows.indices.push_back(c);
      table.rows.values.push_back(static_cast<float>(x));
      score += x * (static_cast<double>(c) - 3) / 3;
    }
    table.rows.offsets.push_back(table.rows.indices.size());
    table.classes.push_back(score + rng.normal() > 0 ? 1.0F : -1.0F);
    table.numbers.push_back(static_cast<float>(score + rng.normal()));
  }
  return table;
}

double loss_of(LinearLoss loss, double score, double y) {
  if (loss == LinearLoss::kSquared) return (score - y) * (score - y);
  if (loss == LinearLoss::kLogistic) return std::log1p(std::exp(-y * score));
  return std::pow(std::max(0.0, 1 - y * score), 2);
}

/// The objective at weights of the columns as they are.
double objective(const LinearProblem& problem, const LinearOptions& options, std::span<const double> weights,
                 double bias) {
  double squares = bias * bias, losses = 0;
  for (std::size_t c = 0; c < weights.size(); ++c)
    squares +=
        std::pow(weights[c] / (problem.scales.empty() ? 1.0 : static_cast<double>(problem.scales[c])), 2);
  for (std::size_t s = 0; s < problem.targets.size(); ++s) {
    const idx_t row = problem.samples.empty() ? static_cast<idx_t>(s) : problem.samples[s];
    double score = bias + (problem.offsets.empty() ? 0.0 : static_cast<double>(problem.offsets[s]));
    for (std::size_t e = 0; e < problem.rows.row_size(row); ++e)
      score += weights[problem.rows.cols_of(row)[e]] * static_cast<double>(problem.rows.values_of(row)[e]);
    losses += (problem.costs.empty() ? 1.0 : static_cast<double>(problem.costs[s])) *
              loss_of(options.loss, score, static_cast<double>(problem.targets[s]));
  }
  return static_cast<double>(options.regularization) / 2 * squares + losses;
}

class DualDescent : public testing::TestWithParam<LinearLoss> {};

/// The objective is convex: where no step along a coordinate lowers it, it is least.
void expect_minimum(const LinearProblem& problem, const LinearOptions& options) {
  const LinearFit fit = fit_linear(problem, options, 3, {});
  std::vector<double> weights(fit.weights.begin(), fit.weights.end());
  double bias = static_cast<double>(fit.bias);
  const double best = objective(problem, options, weights, bias);
  for (const double step : {0.01, -0.01}) {
    for (double& weight : weights) {
      weight += step;
      EXPECT_GT(objective(problem, options, weights, bias), best);
      weight -= step;
    }
    const double moved = problem.bias ? objective(problem, options, weights, bias + step) : best + 1;
    EXPECT_GT(moved, best);
  }
}

TEST_P(DualDescent, FindsTheMinimum) {
  const Table table = random_table();
  const LinearOptions options{.loss = GetParam(), .regularization = 2, .tolerance = 1e-4F, .epochs = 10'000};
  const std::vector<float>& targets = GetParam() == LinearLoss::kSquared ? table.numbers : table.classes;
  expect_minimum({.rows = table.rows, .samples = {}, .targets = targets}, options);
  expect_minimum({.rows = table.rows, .samples = {}, .targets = targets, .bias = false}, options);
}

TEST_P(DualDescent, FindsTheMinimumWithScalesCostsOffsetsAndRepeatedRows) {
  const Table table = random_table();
  const LinearOptions options{.loss = GetParam(), .regularization = 2, .tolerance = 1e-4F, .epochs = 10'000};
  std::vector<float> scales(kCols), costs, offsets, targets;
  std::vector<idx_t> samples;
  std::iota(scales.begin(), scales.end(), 0.5F);
  for (idx_t row = 0; row < kRows; row += 2) {
    for (const float target : {1.0F, -1.0F}) {
      samples.push_back(row);
      targets.push_back(target);
      costs.push_back(target > 0 ? 3.0F : 0.5F + static_cast<float>(row % 3));
      offsets.push_back(table.numbers[row]);
    }
  }
  const LinearProblem problem{table.rows, samples, targets, scales, costs, offsets, true};
  expect_minimum(problem, options);
  const LinearFit fit = fit_linear(problem, options, 3, {});
  std::vector<float> sums(kCols);
  for (std::size_t s = 0; s < samples.size(); ++s) {
    for (std::size_t e = 0; e < table.rows.row_size(samples[s]); ++e) {
      const idx_t c = table.rows.cols_of(samples[s])[e];
      sums[c] += fit.coefficients[s] * scales[c] * scales[c] * table.rows.values_of(samples[s])[e];
    }
  }
  for (std::size_t c = 0; c < kCols; ++c) EXPECT_NEAR(sums[c], fit.weights[c], 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Losses, DualDescent,
                         testing::Values(LinearLoss::kSquaredHinge, LinearLoss::kLogistic,
                                         LinearLoss::kSquared));

TEST(DualDescentOptions, RefusesARegularizationOfZero) {
  const Table table = random_table();
  const std::string message = message_of(ErrorCode::kUsage, [&] {
    fit_linear({.rows = table.rows, .samples = {}, .targets = table.classes}, {.regularization = 0}, 1, {});
  });
  EXPECT_TRUE(contains(message, "above 0"));
}

}  // namespace
}  // namespace akin
