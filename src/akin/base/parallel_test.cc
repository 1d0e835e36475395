#include "akin/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <stdexcept>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/threads.h"

namespace akin {
namespace {

TEST(ParallelFor, VisitsEveryElementOnce) {
  for (const std::size_t n : {0, 1, 2, 3, 7, 101, 1009}) {
    for (const int threads : {1, 2, 3, 5, 16}) {
      for (const std::size_t grain : {0, 1, 13, 5000}) {
        std::vector<std::atomic<int>> visits(n);
        parallel_for(
            n, threads,
            [&](std::size_t begin, std::size_t end, int worker) {
              ASSERT_LT(worker, threads);
              for (std::size_t i = begin; i < end; ++i) ++visits[i];
            },
            grain);
        for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(visits[i], 1) << n << " " << threads << " " << grain;
      }
    }
  }
}

TEST(ParallelFor, RethrowsInTheCaller) {
  for (const int threads : {1, 3}) {
    EXPECT_THROW(parallel_for(
                     101, threads,
                     [](std::size_t begin, std::size_t, int) {
                       if (begin >= 50) throw std::runtime_error("broken");
                     },
                     1),
                 std::runtime_error);
  }
}

TEST(ResolveThreads, KeepsWhatIsAskedFor) {
  EXPECT_EQ(resolve_threads(3), 3);
  EXPECT_GE(resolve_threads(0), 1);
  EXPECT_EQ(resolve_threads(kMostThreads), kMostThreads);
}

TEST(ResolveThreads, RefusesWhatNoComputerHas) {
  for (const int threads :
       {-5, -1, kMostThreads + 1, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    try {
      resolve_threads(threads);
      ADD_FAILURE() << threads;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_NE(std::string(error.what()).find(fmt::format("{} threads", threads)), std::string::npos)
          << error.what();
    }
    EXPECT_THROW(parallel_for(5, threads, [](std::size_t, std::size_t, int) {}), Error);
  }
}

}  // namespace
}  // namespace akin
