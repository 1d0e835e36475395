#include "akin/models/fit/worker_team.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace akin {
namespace {

TEST(WorkerTeam, CoversEveryElementOnceInEveryLoop) {
  for (const int threads : {1, 2, 3, 7}) {
    WorkerTeam team(threads);
    EXPECT_EQ(team.size(), threads);
    for (std::size_t loop = 0; loop < 301; ++loop) {
      const std::size_t n = loop % 53;
      std::vector<std::atomic<int>> seen(n);
      team.run(n, 1 + loop % 5, [&](std::size_t begin, std::size_t end) {
        EXPECT_LE(end - begin, 1 + loop % 5);
        for (std::size_t k = begin; k < end; ++k) ++seen[k];
      });
      for (const auto& times : seen) ASSERT_EQ(times.load(), 1);
    }
  }
}

TEST(WorkerTeam, WakesUpAfterSleeping) {
  WorkerTeam team(3);
  for (int loop = 0; loop < 3; ++loop) {
    std::atomic<int> sum{0};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    team.run(11, 1, [&](std::size_t begin, std::size_t) { sum += static_cast<int>(begin); });
    EXPECT_EQ(sum.load(), 55);
  }
}

TEST(WorkerTeam, PassesErrorsOnAndGoesOn) {
  WorkerTeam team(3);
  for (int loop = 0; loop < 5; ++loop) {
    const auto fails_at_7 = [](std::size_t begin, std::size_t) {
      if (begin == 7) throw std::runtime_error("no");
    };
    EXPECT_THROW(team.run(101, 1, fails_at_7), std::runtime_error);
    std::atomic<int> count{0};
    team.run(101, 1, [&](std::size_t, std::size_t) { ++count; });
    EXPECT_EQ(count.load(), 101);
  }
}

}  // namespace
}  // namespace akin
