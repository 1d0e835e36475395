#include "akin/base/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace akin {
namespace {

TEST(Permutation, HoldsEveryNumberOnce) {
  for (const std::uint64_t n : {1u, 2u, 3u, 4u, 5u, 16u, 17u, 1000u, 65536u, 65537u}) {
    const Permutation permutation(n, 7);
    std::vector<bool> seen(n, false);
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t value = permutation.at(i);
      ASSERT_LT(value, n);
      EXPECT_FALSE(seen[value]) << value << " of " << n;
      seen[value] = true;
    }
  }
}

TEST(Permutation, DependsOnTheSeed) {
  const Permutation a(1000, 1), b(1000, 1), c(1000, 2);
  int same = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(a.at(i), b.at(i));
    same += a.at(i) == c.at(i) ? 1 : 0;
  }
  EXPECT_LT(same, 10);
}

/// Where a number goes, and what its neighbours become, looks like chance: over many seeds each place is as frequent
/// (chi-squared), and differences of neighbours are not.
TEST(Permutation, LooksRandom) {
  constexpr std::uint64_t kN = 10;
  constexpr int kSeeds = 20'000;
  std::vector<int> place(kN * kN), next(kN * kN);
  for (int seed = 0; seed < kSeeds; ++seed) {
    const Permutation permutation(kN, static_cast<std::uint64_t>(seed));
    for (std::uint64_t i = 0; i < kN; ++i) ++place[i * kN + permutation.at(i)];
    ++next[permutation.at(4) * kN + permutation.at(5)];
  }
  double places = 0, pairs = 0;
  for (const int count : place) places += std::pow(count - kSeeds / 10.0, 2) / (kSeeds / 10.0);
  for (std::uint64_t i = 0; i < kN * kN; ++i) {
    if (i / kN == i % kN) continue;
    pairs += std::pow(next[i] - kSeeds / 90.0, 2) / (kSeeds / 90.0);
  }
  EXPECT_LT(places, 81 + 6 * std::sqrt(2 * 81.0)) << "chi-squared with 81 degrees of freedom";
  EXPECT_LT(pairs, 89 + 6 * std::sqrt(2 * 89.0)) << "chi-squared with 89 degrees of freedom";
}

TEST(Permutation, OfManyNumbersNeedsNoMemory) {
  const Permutation permutation(std::uint64_t{1} << 50, 3);
  EXPECT_LT(permutation.at(0), std::uint64_t{1} << 50);
  EXPECT_NE(permutation.at(0), permutation.at(1));
}

}  // namespace
}  // namespace akin
