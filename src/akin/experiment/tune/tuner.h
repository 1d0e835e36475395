// The search for good parameters of a model, on validation events.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/catalog/registry.h"
#include "akin/experiment/tune/search_space.h"
#include "akin/experiment/tune/trial.h"
#include "akin/experiment/tune/trial_log.h"
#include "akin/experiment/watched_metric.h"

namespace akin {

/// What is tuned, on what. The events that evaluate a final model have no place here.
struct TuneTask {
  const ModelEntry& entry;
  SearchSpace space;
  TrainingData data;
  std::span<const Event> validation;  ///< sorted by user; no part of data.events
  std::span<const Event> known;       ///< when a model is asked: data.events, and history events
  bool each_event = false;            ///< EvaluateOptions::each_event
  TrainingData known_data() const { return {data.source, known}; }
};

struct TuneOptions {
  int trials = 30;          ///< trial 0 is the default configuration
  bool halving = false;     ///< successive halving over passes; random search for models without passes
  int eta = 3;              ///< of halving
  std::string metric = {};  ///< WatchedMetric; empty = the model's default
  int every = 1;            ///< passes between evaluations
  int patience = 5;         ///< evaluations without a better one that end a trial; 0 = never
  int parallel = 1;         ///< trials at once, each on a share of the threads
  std::string log = {};     ///< file of finished trials; beside it, in LOG.states, those half done
};

struct TuneResult {
  std::vector<Trial> trials;  ///< best first; failed ones last
  WatchedMetric metric;
  std::size_t found = 0;  ///< trials that an earlier run had finished
  std::size_t failures() const;
};

/// Searches. The result depends on task, options other than `parallel`, and the seed; not on threads or on
/// how often the search was killed and run again. Throws Error(kUsage) for wrong options, Error(kBadData) if
/// the log is of another search or every trial failed, Error(kCancelled).
TuneResult tune(const TuneTask& task, const TuneOptions& options, const Context& context);

/// The parameters that train the trial's best model: all of them, with the number of passes that was best.
/// Where step lengths depend on the passes planned these stay as planned, and `stop_after` says where to stop
/// (0 = nowhere).
struct BestConfiguration {
  ParamValues params;
  int stop_after = 0;
};
BestConfiguration best_configuration(const ModelEntry& entry, const Trial& trial);

}  // namespace akin
