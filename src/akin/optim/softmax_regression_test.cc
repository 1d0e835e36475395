#include "akin/optim/softmax_regression.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace akin {
namespace {

/// Three classes around three corners, one row on the wrong side.
struct Corners {
  Matrix rows{31, 2};
  std::vector<std::uint32_t> labels;
  Corners() {
    constexpr std::array<std::array<float, 2>, 3> kCorners = {{{0, 0}, {3, 0}, {0, 3}}};
    for (std::size_t r = 0; r < rows.rows(); ++r) {
      const std::size_t label = r % 3;
      labels.push_back(static_cast<std::uint32_t>(r == 30 ? 2 : label));
      rows.row(r)[0] = kCorners.at(label)[0] + std::sin(static_cast<float>(5 * r));
      rows.row(r)[1] = kCorners.at(label)[1] + std::cos(static_cast<float>(7 * r));
    }
  }
};

TEST(SoftmaxRegressionTest, DerivativesOfTheMinimumAreZero) {
  const Corners data;
  const float lambda = 0.5F;
  const Matrix weights = fit_softmax(data.rows, data.labels, 3, {}, {.regularization = lambda}, {});
  const Matrix p = softmax_probabilities(data.rows, weights, {});
  for (std::size_t c = 0; c < 3; ++c) {
    std::array<double, 3> gradient = {lambda * weights.row(0)[c], lambda * weights.row(1)[c], 0};
    for (std::size_t r = 0; r < data.rows.rows(); ++r) {
      const double rest = static_cast<double>(p.row(r)[c]) - (data.labels[r] == c ? 1 : 0);
      gradient[0] += rest * static_cast<double>(data.rows.row(r)[0]);
      gradient[1] += rest * static_cast<double>(data.rows.row(r)[1]);
      gradient[2] += rest;
    }
    for (const double g : gradient) EXPECT_NEAR(g, 0, 1e-3);
  }
}

TEST(SoftmaxRegressionTest, SameBitsAtAnyNumberOfThreads) {
  const Corners data;
  Context one, three;
  one.threads = 1;
  three.threads = 3;
  const Matrix a = fit_softmax(data.rows, data.labels, 3, {}, {}, one);
  const Matrix b = fit_softmax(data.rows, data.labels, 3, {}, {}, three);
  for (std::size_t r = 0; r < a.rows(); ++r) EXPECT_TRUE(std::ranges::equal(a[r], b[r]));
}

TEST(SoftmaxRegressionTest, CostsCountAsRepeats) {
  const Corners data;
  std::vector<float> costs(31, 1);
  costs[30] = 2;
  Matrix rows(32, 2);
  std::vector<std::uint32_t> labels = data.labels;
  for (std::size_t r = 0; r < 31; ++r) std::ranges::copy(data.rows[r], rows[r].begin());
  std::ranges::copy(data.rows[30], rows[31].begin());
  labels.push_back(labels[30]);
  const Matrix a = fit_softmax(data.rows, data.labels, 3, costs, {}, {}),
               b = fit_softmax(rows, labels, 3, {}, {}, {});
  for (std::size_t r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(a.row(r)[c], b.row(r)[c], 2e-3);
  }
}

}  // namespace
}  // namespace akin
