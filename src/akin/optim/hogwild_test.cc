#include "akin/optim/hogwild.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "akin/optim/optimizer.h"

namespace akin {
namespace {

constexpr std::size_t kRows = 40, kCols = 21;

/// Steps of all rows, those of thread t being t, t + threads, ...
Matrix train_apart(const OptimizerOptions& options, int threads) {
  Matrix table = Matrix::normal(kRows, kCols, 1, 5);
  const Matrix gradient = Matrix::normal(kRows, kCols, 1, 6);
  RowOptimizer optimizer(options, kRows, kCols);
  std::vector<std::jthread> team;
  for (int t = 0; t < threads; ++t) {
    team.emplace_back([&, t] {
      HogwildCopies own(table.stride());
      for (std::uint64_t step = 1; step <= 30; ++step) {
        const auto constants = step_constants<float>(options, step);
        for (std::size_t r = t; r < kRows; r += threads)
          optimizer.step_hogwild(step, constants, r, table.row(r), gradient.row(r), own);
      }
    });
  }
  team.clear();
  return table;
}

TEST(Hogwild, StepsOfDifferentRowsAreThoseOfOneThread) {
  for (const char* const rule : {"sgd", "momentum", "adagrad", "rmsprop", "adam", "adadelta"}) {
    const OptimizerOptions options = optimizer_options(rule);
    Matrix table = Matrix::normal(kRows, kCols, 1, 5);
    const Matrix gradient = Matrix::normal(kRows, kCols, 1, 6);
    RowOptimizer optimizer(options, kRows, kCols);
    for (int step = 0; step < 30; ++step) {
      optimizer.begin_step();
      for (std::size_t r = 0; r < kRows; ++r) optimizer.step(r, table.row(r), gradient.row(r));
    }
    for (const int threads : {1, 4}) {
      const Matrix apart = train_apart(options, threads);
      EXPECT_EQ(0, std::memcmp(table.data(), apart.data(), kRows * table.stride() * sizeof(float)))
          << rule << " on " << threads;
    }
  }
}

/// Threads that step one row at once may lose steps of each other, but a number is never half of one and half
/// of another: steps of length 1 leave whole numbers, no more than there were steps.
TEST(Hogwild, StepsOfOneRowAreWholeOrLost) {
  OptimizerOptions options = optimizer_options("sgd");
  options.learning_rate = 1;
  constexpr int kThreads = 4, kSteps = 20'000;
  Matrix table(1, kCols), gradient(1, kCols);
  for (float& g : gradient[0]) g = -1;
  RowOptimizer optimizer(options, 1, kCols);
  std::vector<std::jthread> team;
  for (int t = 0; t < kThreads; ++t) {
    team.emplace_back([&] {
      HogwildCopies own(table.stride());
      const auto constants = step_constants<float>(options, 1);
      for (std::uint64_t step = 1; step <= kSteps; ++step)
        optimizer.step_hogwild(step, constants, 0, table.row(0), gradient.row(0), own);
    });
  }
  team.clear();
  for (const float x : table[0]) {
    EXPECT_EQ(x, std::floor(x));
    EXPECT_GE(x, 1);
    EXPECT_LE(x, kThreads * kSteps);
  }
}

}  // namespace
}  // namespace akin
