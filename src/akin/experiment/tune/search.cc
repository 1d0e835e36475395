#include "akin/experiment/tune/search.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"

namespace akin {
namespace {

/// Counts finished trials for the progress report.
struct Progressing {
  std::mutex mutex;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

/// Runs the trials of `numbers` and puts their outcomes into `trials`, which is indexed by number.
void run_all(const std::vector<int>& numbers, int budget, int parallel, const Context& context,
             const RunTrial& run, Progressing& progress, std::vector<Trial>& trials) {
  parallel_for(
      numbers.size(), parallel,
      [&](std::size_t begin, std::size_t, int) {
        context.check_stop();
        const int number = numbers[begin];
        trials[static_cast<std::size_t>(number)] = run(number, budget);
        const std::scoped_lock lock(progress.mutex);
        context.report(
            {.phase = "tuning", .done = ++progress.done, .total = progress.total, .unit = "trials"});
      },
      1);
}

std::vector<int> first_numbers(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

std::vector<Trial> random_search(int trials, int parallel, const Context& context, const RunTrial& run) {
  AKIN_ASSERT(trials > 0);
  std::vector<Trial> results(static_cast<std::size_t>(trials));
  Progressing progress;
  progress.total = results.size();
  run_all(first_numbers(trials), 0, parallel, context, run, progress, results);
  return results;
}

std::vector<Rung> halving_plan(int trials, int epochs, int eta) {
  AKIN_ASSERT(trials > 0 && epochs > 0 && eta > 1);
  std::int64_t most = 1;  // eta^s
  while (most * eta <= trials && most * eta <= epochs) most *= eta;
  std::vector<Rung> plan;
  std::int64_t power = 1;  // eta^k
  for (; most >= 1; most /= eta, power *= eta)
    plan.push_back({static_cast<int>(epochs / most), static_cast<int>(trials / power)});
  return plan;
}

std::vector<Trial> successive_halving(const std::vector<Rung>& plan, Better better, int parallel,
                                      const Context& context, const RunTrial& run) {
  AKIN_ASSERT(!plan.empty());
  std::vector<Trial> results(static_cast<std::size_t>(plan.front().trials));
  Progressing progress;
  for (const Rung& rung : plan) progress.total += static_cast<std::uint64_t>(rung.trials);
  std::vector<int> alive = first_numbers(plan.front().trials);
  for (const Rung& rung : plan) {
    const auto before = [&](int a, int b) {
      return ranks_before(results[static_cast<std::size_t>(a)], results[static_cast<std::size_t>(b)], better);
    };
    if (&rung != &plan.front()) {
      std::erase_if(alive, [&](int number) { return results[static_cast<std::size_t>(number)].failed(); });
      std::ranges::sort(alive, before);
      alive.resize(std::min(alive.size(), static_cast<std::size_t>(rung.trials)));
    }
    run_all(alive, rung.budget, parallel, context, run, progress, results);
  }
  return results;
}

}  // namespace akin
