#include "akin/linalg/lsh.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "akin/base/error_for_test.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

/// Share of hashes that two vectors of `pair` have in common.
double collisions(const Matrix& pair, Distance distance, float width) {
  const LshIndex index(pair, distance, {.tables = 100, .hashes = 50, .width = width}, {.threads = 1});
  const std::vector<std::int64_t> a = index.hashes(pair.row(0)), b = index.hashes(pair.row(1));
  std::size_t same = 0;
  for (std::size_t h = 0; h < a.size(); ++h) same += a[h] == b[h] ? 1 : 0;
  return static_cast<double>(same) / static_cast<double>(a.size());
}

constexpr double kLshTolerance = 0.03;  // four standard errors of 5,000 draws

TEST(Lsh, HyperplanesCollideByTheAngle) {
  for (const double angle : {0.1, 0.5, 1.0, std::numbers::pi / 2, 2.5, 3.1}) {
    Matrix pair(2, 7);
    pair[0][2] = 3;  // lengths do not matter
    pair[1][2] = static_cast<float>(0.2 * std::cos(angle));
    pair[1][5] = static_cast<float>(0.2 * std::sin(angle));
    EXPECT_NEAR(collisions(pair, Distance::kCosine, 0), 1 - angle / std::numbers::pi, kLshTolerance) << angle;
  }
}

TEST(Lsh, StableHashesCollideByTheDistance) {
  constexpr double kWidth = 2;
  for (const double distance : {0.3, 1.0, 2.0, 5.0}) {
    Matrix pair = Matrix::normal(2, 7, 1, 3);
    std::ranges::copy(pair[0], pair[1].begin());
    pair[1][4] += static_cast<float>(distance);
    // Datar et al. 2004, section 3.2: 1 - 2 Phi(-w/c) - 2 / (sqrt(2 pi) w/c) (1 - exp(-(w/c)^2 / 2))
    const double ratio = kWidth / distance;
    const double expected =
        1 - std::erfc(ratio / std::numbers::sqrt2) -
        2 / (std::sqrt(2 * std::numbers::pi) * ratio) * (1 - std::exp(-ratio * ratio / 2));
    EXPECT_NEAR(collisions(pair, Distance::kEuclidean, kWidth), expected, kLshTolerance) << distance;
  }
}

/// 1,009 rows around 53 centres.
Matrix grouped_rows() {
  const Matrix centers = Matrix::normal(53, 17, 1, 5);
  Matrix rows = Matrix::normal(1009, 17, 0.3, 6);
  for (std::size_t r = 0; r < rows.rows(); ++r) axpy(1, centers.row(r % 53), rows.row(r), rows.stride());
  return rows;
}

constexpr std::size_t kLshStep = 7;  // every so manieth row is asked for

/// Share of the exact ten nearest that the index finds; `scored` becomes the share of the rows that it looks at.
double recall_of(const LshIndex& index, const Matrix& rows, double* scored) {
  std::size_t found = 0, wanted = 0, looked = 0;
  for (std::size_t r = 0; r < rows.rows(); r += kLshStep) {
    std::size_t count = 0;
    const std::vector<Scored> near = index.nearest(rows.row(r), 10, {}, &count);
    for (const Scored& entry : index.exact().nearest(rows.row(r), 10)) {
      found += std::ranges::count(near, entry);
      ++wanted;
    }
    looked += count;
  }
  *scored = static_cast<double>(looked) / static_cast<double>(wanted / 10 * rows.rows());
  return static_cast<double>(found) / static_cast<double>(wanted);
}

TEST(Lsh, FindsMostNeighborsAndMoreOfThemWithMoreProbes) {
  const Matrix rows = grouped_rows();
  for (const Distance distance : {Distance::kCosine, Distance::kEuclidean}) {
    double few = 0, many = 0;
    const LshIndex one(rows, distance, {.tables = 6, .hashes = 9, .probes = 1}, {.threads = 1});
    const LshIndex more(rows, distance, {.tables = 6, .hashes = 9, .probes = 16}, {.threads = 3});
    const double least = recall_of(one, rows, &few), most = recall_of(more, rows, &many);
    EXPECT_GT(most, least + 0.02);
    EXPECT_GT(most, 0.85);
    EXPECT_LT(many, 0.6);
    EXPECT_LT(few, 0.5 * many);
    for (const std::size_t r : {0u, 500u, 1008u}) {  // a wider search keeps what a narrow one found
      const std::vector<idx_t> narrow = one.candidates(rows.row(r)), wide = more.candidates(rows.row(r));
      EXPECT_TRUE(std::ranges::includes(wide, narrow));
      EXPECT_TRUE(std::ranges::binary_search(narrow, static_cast<idx_t>(r))) << "its own bucket";
    }
  }
}

TEST(Lsh, AllProbesOfATableAreAllRows) {
  const Matrix rows = grouped_rows();
  const LshIndex index(rows, Distance::kCosine, {.tables = 1, .hashes = 5, .probes = 32}, {});
  EXPECT_EQ(index.candidates(rows.row(3)).size(), rows.rows());
  EXPECT_EQ(index.nearest(rows.row(3), 20), index.exact().nearest(rows.row(3), 20));
  std::vector<char> allowed(rows.rows(), 0);
  allowed[7] = 1;
  const std::vector<Scored> one = index.nearest(rows.row(3), 20, allowed);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].idx, 7u);
  EXPECT_GT(index.memory(), rows.rows() * sizeof(idx_t));
}

TEST(Lsh, WhatItRefusesAndWhatIsNeverNear) {
  Matrix rows(3, 2);
  rows[0][0] = rows[2][1] = 1;
  const LshIndex index(rows, Distance::kCosine, {}, {});
  EXPECT_EQ(index.config().hashes, 4);
  for (const Scored& entry : index.exact().nearest(rows.row(0), 3)) EXPECT_NE(entry.idx, 1u) << "zeros";
  const auto refused = [&](const LshConfig& config) {
    return message_of(ErrorCode::kUsage, [&] { LshIndex(rows, Distance::kEuclidean, config, {}); });
  };
  EXPECT_EQ(refused({.tables = 0}), "LSH: tables is 0; give 1 to 1024");
  EXPECT_EQ(refused({.hashes = 63}), "LSH: hashes is 63; give 0 to 62");
  EXPECT_EQ(refused({.probes = 0}), "LSH: probes is 0; give 1 to 4096");
  EXPECT_EQ(refused({.width = -1}), "LSH: width is -1; give a positive number, or 0 for one from the data");
  rows[1][1] = NAN;
  message_of(ErrorCode::kBadData, [&] { LshIndex(rows, Distance::kCosine, {}, {}); });
  const Matrix same(5, 3);  // no distance to take a width from
  EXPECT_EQ(LshIndex(same, Distance::kEuclidean, {}, {}).nearest(same.row(0), 9).size(), 5u);
}

}  // namespace
}  // namespace akin
