#include "akin/linalg/tsne.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "akin/base/error.h"

namespace akin {
namespace {

/// What of KL(e P || Q) moves with the map: log sum w - e sum p log w, in double precision.
double cost(const Matrix& p, double exaggeration, const std::vector<std::vector<double>>& map) {
  const std::size_t n = p.rows();
  const auto weight = [&](std::size_t i, std::size_t j) {
    const double dx = map[0][i] - map[0][j], dy = map[1][i] - map[1][j];
    return 1 / (1 + dx * dx + dy * dy);
  };
  double sum = 0, total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) sum += i == j ? 0 : weight(i, j);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double mass = exaggeration * static_cast<double>(p[i][j]);
      if (i != j && mass > 0) total -= mass * std::log(weight(i, j));
    }
  }
  return total + std::log(sum);
}

/// Points around `clusters` far centres; point i belongs to cluster i % clusters.
Matrix planted(std::size_t n, std::size_t d, std::size_t clusters) {
  const Matrix centres = Matrix::normal(clusters, d, 5, 1);
  Matrix points = Matrix::normal(n, d, 1, 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < d; ++c) points[i][c] += centres[i % clusters][c];
  }
  return points;
}

/// Share of the k nearest neighbors on the map that are of the point's own cluster.
double purity(const Matrix& map, std::size_t clusters, std::size_t k) {
  double same = 0;
  for (std::size_t i = 0; i < map.rows(); ++i) {
    std::vector<std::pair<float, std::size_t>> others;
    for (std::size_t j = 0; j < map.rows(); ++j) {
      if (j != i) others.emplace_back(std::hypot(map[i][0] - map[j][0], map[i][1] - map[j][1]), j);
    }
    std::ranges::sort(others);
    for (std::size_t r = 0; r < k; ++r) same += others[r].second % clusters == i % clusters;
  }
  return same / static_cast<double>(map.rows() * k);
}

TEST(Tsne, AffinitiesHaveTheWantedPerplexity) {
  const Matrix points = planted(101, 5, 3);
  const Matrix p = tsne_affinities(points, 11, {});
  double sum = 0;
  for (std::size_t i = 0; i < 101; ++i) {
    EXPECT_EQ(p[i][i], 0);
    for (std::size_t j = 0; j < 101; ++j) {
      EXPECT_EQ(p[i][j], p[j][i]);
      sum += static_cast<double>(p[i][j]);
    }
  }
  EXPECT_NEAR(sum, 1, 1e-5);
  // The same by plain bisection, one row at a time.
  std::vector<std::vector<double>> conditional(101, std::vector<double>(101, 0));
  for (std::size_t i = 0; i < 101; ++i) {
    double low = 0, high = 1000;
    for (int step = 0; step < 100; ++step) {
      const double beta = (low + high) / 2;
      double total = 0, entropy = 0;
      for (std::size_t j = 0; j < 101; ++j) {
        double square = 0;
        for (std::size_t c = 0; c < 5; ++c)
          square += std::pow(double{points[i][c]} - double{points[j][c]}, 2);
        conditional[i][j] = i == j ? 0 : std::exp(-beta * square);
        total += conditional[i][j];
      }
      for (double& value : conditional[i]) {
        value /= total;
        entropy -= value > 0 ? value * std::log(value) : 0;
      }
      (entropy > std::log(11.0) ? low : high) = beta;
    }
  }
  for (std::size_t i = 0; i < 101; ++i) {
    for (std::size_t j = 0; j < 101; ++j)
      EXPECT_NEAR(double{p[i][j]}, (conditional[i][j] + conditional[j][i]) / 202, 2e-6);
  }
}

TEST(Tsne, GradientAgreesWithFiniteDifferencesAndReference) {
  for (const std::size_t n : {2UL, 13UL, 67UL}) {
    const Matrix p = tsne_affinities(planted(n, 5, 3), 5, {});
    const Matrix map = Matrix::normal(2, n, 1, 9);
    std::vector<std::vector<double>> values(2);
    for (std::size_t axis = 0; axis < 2; ++axis) values[axis] = {map[axis].begin(), map[axis].end()};
    for (const double exaggeration : {1.0, 12.0}) {
      Matrix gradient(2, n), plain(2, n);
      tsne_gradient(p, exaggeration, map, gradient, 2);
      reference::tsne_gradient(p, exaggeration, map, plain);
      for (std::size_t axis = 0; axis < 2; ++axis) {
        for (std::size_t i = 0; i < n; ++i) {
          EXPECT_NEAR(gradient[axis][i], plain[axis][i], 1e-5 * exaggeration) << n;
          constexpr double kStep = 1e-5;
          double& value = values[axis][i];
          const double kept = value;
          value = kept + kStep;
          const double above = cost(p, exaggeration, values);
          value = kept - kStep;
          const double below = cost(p, exaggeration, values);
          value = kept;
          EXPECT_NEAR(plain[axis][i], (above - below) / (2 * kStep), 2e-5 * exaggeration) << n;
        }
      }
    }
  }
}

TEST(Tsne, SeparatesPlantedClusters) {
  const Matrix map = tsne(planted(307, 11, 3), {}, {});
  EXPECT_GE(purity(map, 3, 10), 0.95);
  double mean = 0, spread = 0;
  for (std::size_t i = 0; i < map.rows(); ++i)
    mean += double{map[i][0]} / 307, spread += double{map[i][0]} * double{map[i][0]} / 307;
  EXPECT_NEAR(mean, 0, 1e-3);
  EXPECT_GT(spread, 1);  // it left its tiny start
}

TEST(Tsne, SameBitsAtAnyThreadCount) {
  const Matrix points = planted(211, 7, 3);
  TsneOptions options;
  options.iterations = 150;
  Context one, three;
  one.threads = 1, three.threads = 3;
  const Matrix a = tsne(points, options, one), b = tsne(points, options, three);
  for (std::size_t i = 0; i < a.rows(); ++i) EXPECT_EQ(std::memcmp(a.row(i), b.row(i), 2 * sizeof(float)), 0);
}

TEST(Tsne, DegenerateInput) {
  EXPECT_EQ(tsne(Matrix(), {}, {}).rows(), 0U);
  EXPECT_EQ(tsne(Matrix(1, 3), {}, {})[0][0], 0);
  const Matrix same = tsne(Matrix(17, 3), {}, {});  // all points equal
  for (std::size_t i = 0; i < 17; ++i) EXPECT_EQ(same[i][0], 0);
  for (const std::size_t n : {2UL, 3UL, 5UL})
    EXPECT_TRUE(all_finite(tsne(Matrix::normal(n, 1, 1, 3), {}, {}))) << n;
  Matrix bad(2, 2);
  bad[0][1] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(tsne(bad, {}, {}), Error);
  TsneOptions options;
  options.perplexity = 0;
  EXPECT_THROW(tsne(Matrix(3, 2), options, {}), Error);
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.stop = stop.get_token();
  EXPECT_THROW(tsne(Matrix::normal(17, 3, 1, 3), {}, context), Error);
}

}  // namespace
}  // namespace akin
