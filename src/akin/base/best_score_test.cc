#include "akin/base/best_score.h"

#include <gtest/gtest.h>

#include <limits>

namespace akin {
namespace {

TEST(BestScore, CountsScoresSinceTheBest) {
  BestScore best(true);
  EXPECT_TRUE(best.add(1));
  EXPECT_FALSE(best.add(1)) << "of equals the first";
  EXPECT_FALSE(best.add(0.5));
  EXPECT_EQ(best.since(), 2);
  EXPECT_TRUE(best.out_of_patience(2));
  EXPECT_FALSE(best.out_of_patience(3));
  EXPECT_FALSE(best.out_of_patience(0));
  EXPECT_TRUE(best.add(2));
  EXPECT_EQ(best.since(), 0);
}

TEST(BestScore, LowerMayBeBetterAndSmallGainsNone) {
  BestScore best(false, 0.1);
  EXPECT_TRUE(best.add(1));
  EXPECT_FALSE(best.add(0.95));
  EXPECT_TRUE(best.add(0.85));
  EXPECT_FALSE(best.add(0.8)) << "of the best, not of the last";
}

TEST(BestScore, NanIsNeverBest) {
  BestScore best(true);
  EXPECT_FALSE(best.add(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(best.since(), 1);
  EXPECT_TRUE(best.add(-1));
}

}  // namespace
}  // namespace akin
