// A step of one row, fast and by the plain recurrences, one thread, processor time:
//   cmake --preset bench && cmake --build build/bench --target optim_bench && build/bench/bench/optim_bench
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include "akin/linalg/kernels.h"
#include "akin/optim/optimizer.h"

namespace {

using namespace akin;

/// Least nanoseconds of a call of work(i) in ten runs of i = 0, 1, ... calls - 1.
double best_ns(std::size_t calls, const auto& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int run = 0; run < 10; ++run) {
    const std::clock_t start = std::clock();
    for (std::size_t i = 0; i < calls; ++i) work(i);
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return 1e9 * best / static_cast<double>(calls);
}

void measure(const char* rule, std::size_t cols, std::size_t rows) {
  const OptimizerOptions options = optimizer_options(rule);
  Matrix table = Matrix::normal(rows, cols, 1, 1);
  Matrix first(rows, cols), second(rows, cols);
  const Matrix gradients = Matrix::normal(64, cols, 1, 2);
  // an order without a pattern, of rows that lie far apart in a large table
  const auto row_of = [rows](std::size_t i) { return i * 2654435761U % rows; };
  RowOptimizer optimizer(options, rows, cols);
  optimizer.begin_step();
  const double fast = best_ns(2'000'000, [&](std::size_t i) {
    const std::size_t r = row_of(i);
    optimizer.step(r, table.row(r), gradients.row(i % 64));
  });
  const StepKernel plain = reference::step_kernel(options.rule);
  const auto constants = step_constants<float>(options, 1);
  const double slow = best_ns(50'000, [&](std::size_t i) {
    const std::size_t r = row_of(i);
    plain(constants, table.row(r), gradients.row(i % 64), first.row(r), second.row(r), cols);
  });
  fmt::print("{:10}{:6}{:9}{:9.1f} ns{:10.1f} ns\n", rule, cols, rows, fast, slow);
}

}  // namespace

int main() {
  fmt::print("{}\n{:10}{:>6}{:>9}{:>12}{:>13}\n", instruction_set(), "rule", "cols", "rows", "a row",
             "plain");
  for (const char* rule : {"sgd", "momentum", "adagrad", "rmsprop", "adam", "adadelta"}) {
    for (const std::size_t cols : {32U, 64U}) {
      for (const std::size_t rows : {61U, 200'003U}) measure(rule, cols, rows);
    }
  }
}
