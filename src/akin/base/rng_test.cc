#include "akin/base/rng.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <vector>

namespace akin {
namespace {

TEST(Rng, IsTheSameEverywhere) {  // pinned: files and results depend on these bits
  Rng rng(42, 7);
  const std::vector<std::uint64_t> first = {rng.next(), rng.next()};
  Rng again(42, 7);
  EXPECT_EQ(again.next(), first[0]);
  EXPECT_EQ(again.next(), first[1]);
  EXPECT_EQ(Rng::mix(1), 0x5692161D100B05E5ULL);
}

TEST(Rng, StreamsAndSeedsDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (std::uint64_t stream = 0; stream < 100; ++stream) seen.insert(Rng(seed, stream).next());
  }
  EXPECT_EQ(seen.size(), 10'000u);
}

TEST(Rng, UniformHasTheRightMoments) {
  Rng rng(1);
  constexpr int kDraws = 200'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.uniform();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
}

TEST(Rng, NormalHasTheRightMoments) {
  Rng rng(2);
  constexpr int kDraws = 200'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.02);
}

TEST(Rng, BelowCoversItsRangeEvenly) {
  Rng rng(3);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70'000; ++i) ++counts.at(rng.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(rng.below(1), 0u);
}

TEST(Rng, ShuffleKeepsTheElements) {
  std::vector<int> items(101);
  std::iota(items.begin(), items.end(), 0);
  std::vector<int> shuffled = items;
  Rng(4).shuffle(std::span<int>(shuffled));
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}

}  // namespace
}  // namespace akin
