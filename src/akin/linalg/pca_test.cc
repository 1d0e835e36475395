#include "akin/linalg/pca.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "akin/base/error.h"

namespace akin {
namespace {

using Square = std::vector<std::vector<double>>;

Square naive_covariance(const Matrix& points) {
  const std::size_t n = points.rows(), d = points.cols();
  std::vector<double> mean(d, 0);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < d; ++c) mean[c] += static_cast<double>(points[r][c]) / static_cast<double>(n);
  }
  Square result(d, std::vector<double>(d, 0));
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t a = 0; a < d; ++a) {
      for (std::size_t b = 0; b < d; ++b) {
        result[a][b] += (static_cast<double>(points[r][a]) - mean[a]) *
                        (static_cast<double>(points[r][b]) - mean[b]) / static_cast<double>(n);
      }
    }
  }
  return result;
}

/// The eigenvalues of a symmetric matrix, descending, by cyclic Jacobi rotations.
std::vector<double> jacobi_eigenvalues(Square a) {
  const std::size_t d = a.size();
  for (int sweep = 0; sweep < 50; ++sweep) {
    for (std::size_t p = 0; p < d; ++p) {
      for (std::size_t q = p + 1; q < d; ++q) {
        const double angle = 0.5 * std::atan2(2 * a[p][q], a[q][q] - a[p][p]);
        const double c = std::cos(angle), s = std::sin(angle);
        for (std::size_t k = 0; k < d; ++k) {
          const double left = a[k][p], right = a[k][q];
          a[k][p] = c * left - s * right, a[k][q] = s * left + c * right;
        }
        for (std::size_t k = 0; k < d; ++k) {
          const double left = a[p][k], right = a[q][k];
          a[p][k] = c * left - s * right, a[q][k] = s * left + c * right;
        }
      }
    }
  }
  std::vector<double> values(d);
  for (std::size_t i = 0; i < d; ++i) values[i] = a[i][i];
  std::ranges::sort(values, std::greater<>());
  return values;
}

/// Normal points stretched differently along correlated directions, far from the origin.
Matrix stretched(std::size_t n, std::size_t d) {
  Matrix points = Matrix::normal(n, d, 1, 5);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < d; ++c) points[r][c] *= 1 + static_cast<float>((c * 7) % d);
    for (std::size_t c = 1; c < d; ++c) points[r][c] += 0.5F * points[r][c - 1];
    for (std::size_t c = 0; c < d; ++c) points[r][c] += 10;
  }
  return points;
}

TEST(Pca, EigenvaluesAndEigenvectorsOfTheNaiveCovariance) {
  for (const auto& [n, d] : {std::pair{601, 7}, std::pair{13, 37}, std::pair{2, 3}}) {
    const Matrix points = stretched(static_cast<std::size_t>(n), static_cast<std::size_t>(d));
    const Square covariance = naive_covariance(points);
    const std::vector<double> oracle = jacobi_eigenvalues(covariance);
    const std::size_t k = 3;
    const Pca result = pca(points, k);
    const double scale = oracle[0];
    EXPECT_NEAR(result.total_variance, std::accumulate(oracle.begin(), oracle.end(), 0.0), 1e-5 * scale);
    for (std::size_t c = 0; c < k; ++c) {
      EXPECT_NEAR(result.variances[c], oracle[c], 1e-5 * scale) << n << " x " << d;
      double length = 0, largest = 0;
      for (std::size_t a = 0; a < points.cols(); ++a) {
        const auto entry = static_cast<double>(result.components[c][a]);
        length += entry * entry;
        if (std::abs(entry) > std::abs(largest)) largest = entry;
        double image = 0;  // (C v)_a
        for (std::size_t b = 0; b < points.cols(); ++b)
          image += covariance[a][b] * static_cast<double>(result.components[c][b]);
        EXPECT_NEAR(image, oracle[c] * entry, 2e-5 * scale);
      }
      EXPECT_NEAR(length, 1, 1e-5);
      EXPECT_GT(largest, 0);
    }
  }
}

TEST(Pca, CoordinatesAreProjections) {
  const Matrix points = stretched(101, 5);
  const Pca result = pca(points, 2);
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t r = 0; r < points.rows(); ++r) {
      double expected = 0;
      for (std::size_t j = 0; j < 5; ++j)
        expected += static_cast<double>((points[r][j] - result.mean[j]) * result.components[c][j]);
      const auto found = static_cast<double>(result.points[r][c]);
      EXPECT_NEAR(found, expected, 1e-3);
      mean += found / 101, variance += found * found / 101;
    }
    EXPECT_NEAR(mean, 0, 1e-4);
    EXPECT_NEAR(variance, result.variances[c], 1e-4 * result.variances[0]);
  }
}

TEST(Pca, DegenerateInput) {
  const Pca flat = pca(Matrix(3, 1), 2);  // one direction only, and no spread
  EXPECT_EQ(flat.points.rows(), 3U);
  EXPECT_EQ(flat.points.cols(), 2U);
  EXPECT_EQ(flat.variances, (std::vector<double>{0, 0}));
  EXPECT_EQ(pca(Matrix(), 2).points.rows(), 0U);
  Matrix bad(2, 2);
  bad[1][0] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(pca(bad, 2), Error);
}

}  // namespace
}  // namespace akin
