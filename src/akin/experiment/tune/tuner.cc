#include "akin/experiment/tune/tuner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/made_folder.h"
#include "akin/base/parallel.h"
#include "akin/base/threads.h"
#include "akin/experiment/fit_monitor.h"
#include "akin/experiment/tune/search.h"
#include "akin/models/fit/context.h"

namespace akin {
namespace {

int planned_epochs(const ModelEntry& entry, const ParamValues& params) {
  return std::stoi(entry.complete(params).at("epochs"));
}

/// Runs trials of one task, unless they are in the log.
class Runner {
 public:
  Runner(const TuneTask& task, const TuneOptions& options, const WatchedMetric& metric,
         const Context& context, const TrialLog& log)
      : task_(task), options_(options), metric_(metric), context_(context), log_(log) {
    context_.on_progress = {};        // trials are what is counted
    context_.communicator = nullptr;  // and what ranks share: each trial is one rank's
    context_.threads = std::max(1, resolve_threads(context.threads) / options.parallel);
  }

  Trial run(int number, int budget) {
    if (const std::optional<Trial> known = log_.find(number, budget)) return *known;
    Trial trial{.number = number, .budget = budget, .params = task_.space.sample(context_.seed, number)};
    try {
      const ParamValues params = task_.entry.complete(trial.params);
      if (task_.entry.traits.iterative) {
        run_epochs_of(params, trial);
      } else {
        run_at_once(params, trial);
      }
      if (!std::isfinite(trial.value)) trial.failure = fmt::format("{} is not a number", metric_.name());
    } catch (const Error& error) {
      const bool of_the_model = error.code() == ErrorCode::kBadData || error.code() == ErrorCode::kUsage;
      if (!of_the_model) throw;
      trial.failure = error.what();
    }
    return trial;
  }

 private:
  void run_epochs_of(const ParamValues& params, Trial& trial) {
    MonitorOptions watch{.metric = metric_.name(),
                         .candidates = task_.candidates,
                         .every = options_.every,
                         .patience = options_.patience,
                         .stop_after = trial.budget};
    if (trial.budget > 0) {  // a later rung continues from here
      watch.checkpoint = fmt::format("{}/{}", trial_states_folder(options_.log), trial.number);
      watch.checkpoint_seconds = std::numeric_limits<double>::infinity();
      watch.resume = true;
    }
    FitMonitor monitor(
        {std::string(task_.entry.name), task_.entry.traits, params, task_.known_data(), task_.each_event},
        task_.validation, watch, context_);
    task_.entry.fit(task_.data, params, {context_, &monitor, nullptr, task_.words});
    trial.epochs = monitor.epochs();
    trial.curve = monitor.curve();
    trial.seconds = monitor.curve().empty() ? 0 : monitor.curve().back().seconds;
    if (const CurvePoint* best = monitor.best()) {
      trial.value = best->value;
      trial.low = best->low;
      trial.high = best->high;
      trial.best_epoch = best->epoch;
    }
  }

  void run_at_once(const ParamValues& params, Trial& trial) {
    const auto start = std::chrono::steady_clock::now();
    const auto model = task_.entry.fit(task_.data, params, {context_, nullptr, nullptr, task_.words});
    EvaluateOptions evaluation = metric_.options();
    evaluation.each_event = task_.each_event;
    evaluation.candidates = task_.candidates;
    const Metric metric = metric_.of(
        evaluate(*model, task_.entry.traits, task_.known_data(), task_.validation, evaluation, context_));
    trial.value = metric.value;
    trial.low = metric.low;
    trial.high = metric.high;
    trial.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  const TuneTask& task_;
  const TuneOptions& options_;
  const WatchedMetric& metric_;
  Context context_;
  const TrialLog& log_;
};

/// The folder of half-done trials, made and removed by the first rank; the others find it as they find the data.
class States {
 public:
  States(const TuneOptions& options, const Communicator& ranks) : ranks_(ranks) {
    if (options.halving && ranks.first())
      folder_.emplace(trial_states_folder(options.log), "akin tune",
                      "move it away, or name another file of trials");
  }
  /// Collective. Nobody writes there before all names are known to be free.
  void start(int trials, bool anew) {
    if (folder_) {
      if (anew) folder_->remove(folder_->made());  // of another search
      std::vector<std::string> names;
      for (int t = 0; t < trials; ++t) names.push_back(std::to_string(t));
      folder_->claim(names);
    }
    char ready = 1;
    ranks_.broadcast(std::as_writable_bytes(std::span(&ready, 1)), 0);
  }
  void remove() {
    if (folder_) folder_->remove_all();
  }

 private:
  const Communicator& ranks_;
  std::optional<MadeFolder> folder_;
};

TrialLog::Identity identity_of(const TuneTask& task, const TuneOptions& options, const std::string& metric,
                               std::uint64_t seed) {
  TrialLog::Identity identity = {
      {"model", std::string(task.entry.name)},
      {"seed", std::to_string(seed)},
      {"metric", metric},
      {"search",
       options.halving ? fmt::format("halving of {} trials by {}", options.trials, options.eta) : "random"},
      {"ranges", task.space.text()},
      {"number of epochs between evaluations", std::to_string(options.every)},
      {"patience", std::to_string(options.patience)},
      {"number of items", std::to_string(task.data.n_items())},
      {"hash of the training events", fmt::format("{:016x}", fingerprint(task.data.events))},
      {"hash of the validation events", fmt::format("{:016x}", fingerprint(task.validation))}};
  if (!options.candidates.empty()) identity["candidates"] = options.candidates;
  // Defaults too: another akin may have others.
  for (const auto& [name, value] : task.entry.complete(task.space.fixed()))
    identity["parameter " + name] = value;
  return identity;
}

void check(const TuneTask& task, const TuneOptions& options) {
  if (options.trials < 1) fail(ErrorCode::kUsage, "{} trials are too few", options.trials);
  if (options.parallel < 1 || options.parallel > kMostThreads)
    fail(ErrorCode::kUsage, "{} trials at once: the number must be from 1 to {}", options.parallel,
         kMostThreads);
  if (options.every < 1)
    fail(ErrorCode::kUsage, "eval_every is {}; it must be at least 1 epoch", options.every);
  if (options.log.empty()) fail(ErrorCode::kUsage, "log: name the file that finished trials are kept in");
  if (options.eta < 2) fail(ErrorCode::kUsage, "eta is {}; halving needs at least 2", options.eta);
  if (task.validation.empty()) fail(ErrorCode::kBadData, "there are no validation events to tune on");
  const bool by_epochs = options.halving && task.entry.traits.iterative;
  if (!by_epochs) return;
  if (std::ranges::count(task.space.dimensions(), "epochs", &Dimension::name) > 0)
    fail(ErrorCode::kUsage, "halving chooses the number of epochs: epochs cannot be searched as well");
  if (planned_epochs(task.entry, task.space.fixed()) < 1)
    fail(ErrorCode::kUsage, "halving needs epochs: {} has none planned", task.entry.name);
}

}  // namespace

std::size_t TuneResult::failures() const {
  return static_cast<std::size_t>(std::ranges::count_if(trials, &Trial::failed));
}

TuneResult tune_task(const TuneTask& task, const TuneOptions& options, const Context& context) {
  TuneResult result;
  const WatchedMetric metric(
      options.metric.empty() ? WatchedMetric::default_for(task.entry.traits) : options.metric,
      task.entry.traits);
  check(task, options);
  result.metric = metric.name();
  result.better = metric.better();
  TuneOptions used = options;
  used.halving = options.halving && task.entry.traits.iterative;
  States states(used, context.ranks());  // before the log: where there is a foreign folder nothing is written
  TrialLog log(used.log, identity_of(task, used, metric.name(), context.seed), context.ranks());
  result.found = log.found();
  states.start(used.trials, log.found() == 0);
  Runner runner(task, used, metric, context, log);
  const TrialRunner trials{[&](int number, int budget) { return runner.run(number, budget); },
                           [&](const Trial& trial) { log.add(trial); }};
  if (used.halving) {
    const auto plan = halving_plan(used.trials, planned_epochs(task.entry, task.space.fixed()), used.eta);
    result.trials = successive_halving(plan, metric.better(), used.parallel, context, trials);
    states.remove();
  } else {
    result.trials = random_search(used.trials, used.parallel, context, trials);
  }
  std::ranges::sort(result.trials,
                    [&](const Trial& a, const Trial& b) { return ranks_before(a, b, metric.better()); });
  if (result.trials.front().failed())
    fail(ErrorCode::kBadData, "all {} trials failed; the first: {}", result.trials.size(),
         result.trials.front().failure);
  return result;
}

BestConfiguration best_configuration(const ModelEntry& entry, const Trial& trial) {
  BestConfiguration best{.params = entry.complete(trial.params)};
  if (!entry.traits.iterative || trial.best_epoch == 0) return best;
  std::string& epochs = best.params.at("epochs");
  if (!entry.traits.planned_schedule) {
    epochs = std::to_string(trial.best_epoch);
  } else if (trial.best_epoch < std::stoi(epochs)) {
    best.stop_after = trial.best_epoch;
  }
  return best;
}

}  // namespace akin
