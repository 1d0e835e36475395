#include "akin/nn/net_threads.h"

#include <gtest/gtest.h>

#include "akin/base/parallel.h"

namespace akin::nn {
namespace {

TEST(NetThreads, FollowTheWork) {
  NetSpec small("small");
  small.input({1}, "item").embedding(1'000'000, 20).flatten().dense(16).dense(1);
  EXPECT_EQ(multiplications(small), 20 * 16 + 16 + 16 + 1) << "rows are looked up";
  EXPECT_EQ(threads_for(small, 64, 0), 1);
  EXPECT_EQ(threads_for(small, 64, 5), 5) << "the caller has said";
  NetSpec large("large");
  large.input({1000, 50}, "steps").dense(1000);
  EXPECT_EQ(multiplications(large), 1000 * (50 * 1000 + 1000)) << "at each step";
  EXPECT_EQ(threads_for(large, 1'000'000, 0), resolve_threads(0));
}

}  // namespace
}  // namespace akin::nn
