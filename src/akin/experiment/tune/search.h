// Which trials are run, and how long: random search and successive halving.
#pragma once

#include <functional>
#include <vector>

#include "akin/base/context.h"
#include "akin/eval/metric.h"
#include "akin/experiment/tune/trial.h"

namespace akin {

/// How a search has its trials run. Both functions are called from `parallel` threads at once.
struct TrialRunner {
  /// Runs trial `number` for at most `budget` epochs (0 = all), continuing from where a smaller budget ended. The
  /// outcome depends on its arguments alone.
  std::function<Trial(int number, int budget)> run;
  /// Is told of each finished trial: at once, or on every rank once each of them has finished `parallel` trials.
  std::function<void(const Trial&)> keep = [](const Trial&) {};
};

/// Runs trials 0 .. trials - 1 in full (Bergstra & Bengio, "Random search for hyper-parameter optimization",
/// JMLR 13, 2012) and returns them by number. Throws what the runner throws.
///
/// Several ranks share the trials, one that goes on is run where it began if that rank is free, and all ranks get all
/// outcomes: collective. So does successive_halving().
std::vector<Trial> random_search(int trials, int parallel, const Context& context, const TrialRunner& runner);

/// A step of successive halving: how many trials get how many epochs.
struct Rung {
  int budget = 0;
  int trials = 0;
  friend bool operator==(const Rung&, const Rung&) = default;
};

/// Jamieson & Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization" (AISTATS
/// 2016), with factor `eta`: rung k of s + 1 gives floor(trials / eta^k) trials floor(epochs / eta^(s - k))
/// epochs each, s as large as leaves at least one of both. The last rung has all epochs.
std::vector<Rung> halving_plan(int trials, int epochs, int eta);

/// Runs all trials for the first rung's epochs, then for each next rung the best of them, ties by number;
/// failed trials are never continued. Returns each trial as it ended, by number.
std::vector<Trial> successive_halving(const std::vector<Rung>& plan, Better better, int parallel,
                                      const Context& context, const TrialRunner& runner);

}  // namespace akin
