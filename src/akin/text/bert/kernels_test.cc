#include "akin/text/bert/kernels.h"

#include <gtest/gtest.h>

#include <cmath>

namespace akin::bert {
namespace {

constexpr std::size_t kInner = 45, kColumns = 70;

Matrix numbers(std::size_t rows, std::size_t cols, std::uint64_t seed) {
  return Matrix::normal(rows, cols, 1, seed);
}

/// Panels of weights (columns, inner).
std::vector<float> panels_of(const Matrix& weights) {
  std::vector<float> panels(whole_panels(weights.rows()) * weights.cols());
  for (std::size_t c = 0; c < weights.rows(); ++c) {
    for (std::size_t k = 0; k < weights.cols(); ++k)
      panels[(c / kPanel * weights.cols() + k) * kPanel + c % kPanel] = weights[c][k];
  }
  return panels;
}

double product(const Matrix& a, std::size_t r, const Matrix& weights, std::size_t c) {
  double sum = 0;
  for (std::size_t k = 0; k < a.cols(); ++k)
    sum += static_cast<double>(a[r][k]) * static_cast<double>(weights[c][k]);
  return sum;
}

/// Rounds to bfloat16 and back.
Matrix rounded(Matrix matrix) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (float& x : matrix[r]) x = from_bfloat16(to_bfloat16(x));
  }
  return matrix;
}

TEST(BertKernels, ProductsAreThoseOfLoopsForEachNumberOfRows) {
  const Matrix weights = numbers(kColumns, kInner, 1);
  const std::vector<float> panels = panels_of(weights), bias(whole_panels(kColumns), 0.5F);
  const std::size_t stride = bias.size();
  for (std::size_t rows = 1; rows <= 40; ++rows) {
    const Matrix a = numbers(rows, kInner, 2);
    std::vector<float> out(rows * stride, 1);
    const PanelView view{panels.data(), kInner, stride / kPanel, kPanel, kPanel * kInner};
    multiply({a.data(), a.stride()}, rows, view, bias.data(), Write::kAdd, {out.data(), stride});
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < kColumns; ++c)
        ASSERT_NEAR(out[r * stride + c], product(a, r, weights, c) + 1.5, 1e-4)
            << rows << " " << r << " " << c;
      // A row does not depend on those beside it.
      std::vector<float> alone(stride, 1);
      multiply({a.row(r), a.stride()}, 1, view, bias.data(), Write::kAdd, {alone.data(), stride});
      ASSERT_TRUE(
          std::equal(alone.begin(), alone.end(), out.begin() + static_cast<std::ptrdiff_t>(r * stride)));
    }
  }
}

TEST(BertKernels, TilesMultiplyRoundedNumbers) {
  if (!has_tiles()) GTEST_SKIP() << "this processor has no tiles";
  const Matrix weights = rounded(numbers(kColumns, kInner, 1));
  const TileWeights tiles = make_tiles(weights);
  const std::vector<float> bias(whole_panels(kColumns), 0.5F);
  const std::size_t stride = bias.size();
  std::vector<std::uint16_t> scratch;
  for (const std::size_t rows : {40, 1, 16, 33}) {
    const Matrix a = numbers(rows, kInner, 2), near = rounded(a.clone());
    std::vector<float> out(rows * stride, 1);
    multiply_tiles({a.data(), a.stride()}, rows, tiles, bias.data(), Write::kAdd, {out.data(), stride},
                   scratch);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < kColumns; ++c)
        ASSERT_NEAR(out[r * stride + c], product(near, r, weights, c) + 1.5, 1e-4)
            << rows << " " << r << " " << c;
    }
  }
}

TEST(BertKernels, GeluIsThatOfTheErrorFunction) {
  std::vector<float> x(4096);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = (static_cast<float>(i) - 2048) / 200;
  x[0] = -1e30F;
  x[1] = 1e30F;
  std::vector<float> y = x;
  gelu(y.data(), y.size());
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 1e30F);
  for (std::size_t i = 2; i < x.size(); ++i) {
    const double value = static_cast<double>(x[i]);
    ASSERT_NEAR(y[i], 0.5 * value * (1 + std::erf(value / std::sqrt(2.0))), 2e-6) << value;
  }
}

TEST(BertKernels, SwishIsThatOfTheExponentialFunction) {
  std::vector<float> x(4096);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = (static_cast<float>(i) - 2048) / 200;
  x[0] = -1e30F;
  x[1] = 1e30F;
  for (const Swish& curve : {Swish{}, kQuickGelu, kTanhGelu}) {
    std::vector<float> y = x;
    swish(curve, y.data(), y.size());
    EXPECT_NEAR(y[0], 0, 1e-7);
    EXPECT_EQ(y[1], 1e30F);
    for (std::size_t i = 2; i < x.size(); ++i) {
      const double value = static_cast<double>(x[i]);
      const double power =
          value * (static_cast<double>(curve.linear) + static_cast<double>(curve.cubic) * value * value);
      ASSERT_NEAR(y[i], value / (1 + std::exp(-power)), 2e-6) << value;
    }
  }
  // The form of GELU by the hyperbolic tangent.
  const double inner = std::sqrt(2 / std::acos(-1.0)) * (0.7 + 0.044715 * 0.7 * 0.7 * 0.7);
  std::vector<float> one(16, 0.7F);
  swish(kTanhGelu, one.data(), one.size());
  EXPECT_NEAR(one[0], 0.35 * (1 + std::tanh(inner)), 1e-6);
}

TEST(BertKernels, NormsAndSoftmaxAreThoseOfLoops) {
  constexpr std::size_t kCount = 37;
  const Matrix values = numbers(3, kCount, 3);
  std::vector<float> x(64), soft(64, 7);
  std::copy_n(values.row(0), kCount, x.begin());
  std::copy_n(values.row(0), kCount, soft.begin());
  layer_norm({values.row(1), values.row(2), 1e-3F}, x.data(), kCount);
  softmax(0.5F, soft.data(), kCount, 64);
  double mean = 0, variance = 0, sum = 0;
  for (const float value : values[0]) mean += static_cast<double>(value) / kCount;
  for (const float value : values[0]) variance += std::pow(static_cast<double>(value) - mean, 2) / kCount;
  for (const float value : values[0]) sum += std::exp(static_cast<double>(value) / 2);
  for (std::size_t i = 0; i < kCount; ++i) {
    const double value = static_cast<double>(values[0][i]);
    EXPECT_NEAR(x[i], (value - mean) / std::sqrt(variance + 1e-3) * values[1][i] + values[2][i], 1e-5);
    EXPECT_NEAR(soft[i], std::exp(value / 2) / sum, 1e-6);
  }
  for (std::size_t i = kCount; i < 64; ++i) EXPECT_EQ(soft[i], 0);
}

TEST(BertKernels, RoundsToTheNearestEven) {
  EXPECT_EQ(from_bfloat16(to_bfloat16(1.00390625F)), 1.0F);  // half way: to the even one
  EXPECT_EQ(from_bfloat16(to_bfloat16(1.01171875F)), 1.015625F);
  EXPECT_EQ(from_bfloat16(to_bfloat16(-1.0050F)), -1.0078125F);
}

}  // namespace
}  // namespace akin::bert
