#include "akin/experiment/tune/search.h"

#include <algorithm>
#include <mutex>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/parallel.h"

namespace akin {
namespace {

/// Runs trials, some at a time, and has their outcomes by number.
class Search {
 public:
  /// `runs`: how many times a trial will be run, for the progress report.
  Search(int trials, std::uint64_t runs, int parallel, const Context& context, const TrialRunner& runner)
      : results_(static_cast<std::size_t>(trials)),
        parallel_(parallel),
        context_(context),
        runner_(runner),
        total_(runs),
        began_on_(results_.size(), -1) {}

  void run(const std::vector<int>& numbers, int budget) {
    const Communicator& ranks = context_.ranks();
    if (ranks.alone()) return run_here(numbers, budget);
    const std::size_t batch = static_cast<std::size_t>(ranks.size()) * static_cast<std::size_t>(parallel_);
    for (std::size_t begin = 0; begin < numbers.size(); begin += batch) {
      const std::size_t size = std::min(batch, numbers.size() - begin);
      const std::uint64_t before = done_;
      const std::vector<int> own = own_of(std::span(numbers).subspan(begin, size));
      run_here(own, budget);
      gather(own);
      done_ = before + size;
      context_.report({.phase = "tuning", .done = done_, .total = total_, .unit = "trials"});
    }
  }

  const Trial& result(int number) const { return results_[static_cast<std::size_t>(number)]; }
  std::vector<Trial> take_results() { return std::move(results_); }

 private:
  void run_here(const std::vector<int>& numbers, int budget) {
    parallel_for(
        numbers.size(), parallel_,
        [&](std::size_t begin, std::size_t, int) {
          context_.check_stop();
          Trial& trial = results_[static_cast<std::size_t>(numbers[begin])];
          trial = runner_.run(numbers[begin], budget);
          if (context_.ranks().alone()) runner_.keep(trial);
          const std::scoped_lock lock(mutex_);
          context_.report({.phase = "tuning", .done = ++done_, .total = total_, .unit = "trials"});
        },
        1);
  }

  /// Those of a batch that this rank runs, as many as the others do: a trial goes on where it began if there is a
  /// place left.
  std::vector<int> own_of(std::span<const int> batch) {
    const Communicator& ranks = context_.ranks();
    const auto size = static_cast<std::size_t>(ranks.size());
    std::vector<std::size_t> places(size, (batch.size() + size - 1) / size);
    std::vector<int> own, others;
    const auto place = [&](int number, int rank) {
      --places[static_cast<std::size_t>(rank)];
      began_on_[static_cast<std::size_t>(number)] = rank;
      if (rank == ranks.rank()) own.push_back(number);
    };
    for (const int number : batch) {
      const int home = began_on_[static_cast<std::size_t>(number)];
      if (home >= 0 && places[static_cast<std::size_t>(home)] > 0)
        place(number, home);
      else
        others.push_back(number);
    }
    for (const int number : others)
      place(number, static_cast<int>(std::ranges::max_element(places) - places.begin()));
    return own;
  }

  /// Every rank gets and keeps the outcomes of all.
  void gather(const std::vector<int>& own) {
    std::vector<Trial> finished;
    for (const int number : own) finished.push_back(result(number));
    for (Trial& trial : gather_trials(context_.ranks(), finished)) {
      runner_.keep(trial);
      results_[static_cast<std::size_t>(trial.number)] = std::move(trial);
    }
  }

  std::vector<Trial> results_;
  int parallel_;
  const Context& context_;
  const TrialRunner& runner_;
  std::mutex mutex_;
  std::uint64_t done_ = 0, total_;
  std::vector<int> began_on_;  // the rank that began each trial, -1 = none has
};

std::vector<int> first_numbers(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace

std::vector<Trial> random_search(int trials, int parallel, const Context& context,
                                 const TrialRunner& runner) {
  AKIN_ASSERT(trials > 0);
  Search search(trials, static_cast<std::uint64_t>(trials), parallel, context, runner);
  search.run(first_numbers(trials), 0);
  return search.take_results();
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
                                      const Context& context, const TrialRunner& runner) {
  AKIN_ASSERT(!plan.empty());
  std::uint64_t runs = 0;
  for (const Rung& rung : plan) runs += static_cast<std::uint64_t>(rung.trials);
  Search search(plan.front().trials, runs, parallel, context, runner);
  std::vector<int> alive = first_numbers(plan.front().trials);
  for (const Rung& rung : plan) {
    const auto before = [&](int a, int b) {
      return ranks_before(search.result(a), search.result(b), better);
    };
    if (&rung != &plan.front()) {
      std::erase_if(alive, [&](int number) { return search.result(number).failed(); });
      std::ranges::sort(alive, before);
      alive.resize(std::min(alive.size(), static_cast<std::size_t>(rung.trials)));
    }
    search.run(alive, rung.budget);
  }
  return search.take_results();
}

}  // namespace akin
