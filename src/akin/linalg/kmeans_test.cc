#include "akin/linalg/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stop_token>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

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

}  // namespace
}  // namespace akin
