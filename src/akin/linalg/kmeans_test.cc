#include "akin/linalg/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stop_token>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/residual_kmeans.h"

namespace akin {
namespace {

/// Row r lies within `spread` of the axis r % groups.
Matrix bundles(std::size_t n, std::size_t groups, double spread) {
  Matrix rows = Matrix::normal(n, groups + 3, spread, 7);
  for (std::size_t r = 0; r < n; ++r) rows[r][r % groups] += 1;
  normalize_rows(rows);
  return rows;
}

TEST(SphericalKMeans, FindsBundlesOfVectors) {
  const Matrix rows = bundles(211, 13, 0.03);
  const Clustering found = spherical_kmeans(rows, 13, 50, {.threads = 1});
  ASSERT_EQ(found.centers.rows(), 13u);
  std::set<idx_t> names;
  for (std::size_t r = 0; r < 211; ++r) {
    EXPECT_EQ(found.cluster[r], found.cluster[r % 13]) << r;
    names.insert(found.cluster[r]);
  }
  EXPECT_EQ(names.size(), 13u);
}

TEST(SphericalKMeans, EndsWhereEachRowHasItsNearestCentreAndEachCentreIsTheMeanOfItsRows) {
  Matrix rows = Matrix::normal(307, 7, 1, 3);
  normalize_rows(rows);
  const Clustering found = spherical_kmeans(rows, 11, 1000, {.threads = 3});
  ASSERT_EQ(found.centers.rows(), 11u);
  Matrix means(11, 7);
  for (std::size_t r = 0; r < 307; ++r) {
    const float own = dot(rows.row(r), found.centers.row(found.cluster[r]), 7);
    for (std::size_t c = 0; c < 11; ++c)
      EXPECT_GE(own, dot(rows.row(r), found.centers.row(c), 7) - 1e-6f) << r;
    for (std::size_t d = 0; d < 7; ++d) means[found.cluster[r]][d] += rows[r][d];
  }
  normalize_rows(means);
  for (std::size_t c = 0; c < 11; ++c) {
    for (std::size_t d = 0; d < 7; ++d) EXPECT_NEAR(found.centers[c][d], means[c][d], 1e-5f);
  }
}

TEST(SphericalKMeans, TurnsNeverMakeItWorse) {
  Matrix rows = Matrix::normal(401, 5, 1, 4);
  normalize_rows(rows);
  double last = -401;
  for (int rounds = 0; rounds < 12; ++rounds) {
    const Clustering found = spherical_kmeans(rows, 17, rounds, {.threads = 1});
    double sum = 0;
    for (std::size_t r = 0; r < 401; ++r) sum += dot(rows.row(r), found.centers.row(found.cluster[r]), 5);
    EXPECT_GE(sum, last - 1e-3) << rounds;
    last = sum;
  }
  EXPECT_GT(last, 0.6 * 401);
}

TEST(SphericalKMeans, DependsOnTheSeedAndNotOnThreads) {
  Matrix rows = Matrix::normal(503, 9, 1, 5);
  normalize_rows(rows);
  const Clustering one = spherical_kmeans(rows, 19, 5, {.threads = 1});
  const Clustering many = spherical_kmeans(rows, 19, 5, {.threads = 5});
  EXPECT_EQ(one.cluster, many.cluster);
  for (std::size_t c = 0; c < 19; ++c) EXPECT_TRUE(std::ranges::equal(one.centers[c], many.centers[c]));
  EXPECT_NE(one.cluster, spherical_kmeans(rows, 19, 5, {.seed = 43, .threads = 1}).cluster);
}

TEST(SphericalKMeans, MakesNoMoreClustersThanThereAreDifferentRows) {
  const Matrix rows = bundles(29, 5, 0);
  const Clustering found = spherical_kmeans(rows, 11, 9, {.threads = 1});
  ASSERT_EQ(found.centers.rows(), 5u);
  for (std::size_t r = 0; r < 29; ++r)
    EXPECT_NEAR(dot(rows.row(r), found.centers.row(found.cluster[r]), 8), 1, 1e-6f);
  EXPECT_EQ(spherical_kmeans(bundles(1, 1, 0), 3, 9, {}).cluster, std::vector<idx_t>{0});
}

TEST(SphericalKMeans, StopsOnRequest) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(spherical_kmeans(bundles(29, 5, 0.1), 3, 9, {.stop = stop.get_token()}), Error);
}

TEST(EuclideanKMeans, EndsWhereEachRowHasItsNearestCentreAndEachCentreIsTheMeanOfItsRows) {
  const Matrix rows = Matrix::normal(307, 7, 3, 3);
  const Clustering found = euclidean_kmeans(rows, 11, 1000, {.threads = 3});
  ASSERT_EQ(found.centers.rows(), 11u);
  const auto distance = [&](std::size_t r, std::size_t c) {
    double sum = 0;
    for (std::size_t d = 0; d < 7; ++d)
      sum += std::pow(static_cast<double>(rows[r][d] - found.centers[c][d]), 2);
    return sum;
  };
  std::vector<double> sums(11 * 7, 0.0), members(11, 0.0);
  for (std::size_t r = 0; r < 307; ++r) {
    for (std::size_t c = 0; c < 11; ++c) EXPECT_LE(distance(r, found.cluster[r]), distance(r, c) + 1e-4) << r;
    for (std::size_t d = 0; d < 7; ++d) sums[found.cluster[r] * 7 + d] += static_cast<double>(rows[r][d]);
    ++members[found.cluster[r]];
  }
  for (std::size_t c = 0; c < 11; ++c) {
    for (std::size_t d = 0; d < 7; ++d) EXPECT_NEAR(found.centers[c][d], sums[c * 7 + d] / members[c], 1e-4);
  }
  EXPECT_EQ(found.cluster, euclidean_kmeans(rows, 11, 1000, {.threads = 1}).cluster);
}

TEST(ResidualKMeans, CodesAddUpToTheRowsBetterWithEachLevel) {
  const Matrix rows = Matrix::normal(503, 5, 2, 8);
  const ResidualCodes codes = residual_kmeans(rows.clone(), 3, 13, 20, {.threads = 1});
  ASSERT_EQ(codes.errors.size(), 3u);
  double left = 0, spread = 0;
  std::vector<double> mean(5, 0.0);
  for (std::size_t r = 0; r < 503; ++r) {
    for (std::size_t d = 0; d < 5; ++d) mean[d] += static_cast<double>(rows[r][d]) / 503;
  }
  for (std::size_t r = 0; r < 503; ++r) {
    for (std::size_t d = 0; d < 5; ++d) {
      double sum = 0;
      for (std::size_t level = 0; level < 3; ++level)
        sum += static_cast<double>(codes.centers[level][codes.codes[level][r]][d]);
      left += std::pow(static_cast<double>(rows[r][d]) - sum, 2);
      spread += std::pow(static_cast<double>(rows[r][d]) - mean[d], 2);
    }
  }
  EXPECT_NEAR(codes.errors[2], left / spread, 1e-4);
  EXPECT_LT(codes.errors[2], 0.7 * codes.errors[1]);
  EXPECT_LT(codes.errors[1], 0.7 * codes.errors[0]);
  const ResidualCodes again = residual_kmeans(rows.clone(), 3, 13, 20, {.threads = 5});
  EXPECT_EQ(again.codes, codes.codes);
  const ResidualCodes exact = residual_kmeans(rows.slice(0, 9), 2, 16, 20, {.threads = 1});
  EXPECT_NEAR(exact.errors[0], 0, 1e-6) << "as many clusters as rows";
  EXPECT_EQ(exact.codes.size(), 2u);
}

}  // namespace
}  // namespace akin
