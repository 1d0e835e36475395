// The search for good parameters of a model, on validation events.
#pragma once

#include <span>

#include "akin/base/context.h"
#include "akin/catalog/registry.h"
#include "akin/experiment/tune.h"
#include "akin/experiment/tune/search_space.h"
#include "akin/experiment/tune/trial.h"
#include "akin/experiment/tune/trial_log.h"
#include "akin/experiment/watched_metric.h"

namespace akin {

struct WordVectors;  // text/word_weighting.h

/// What is tuned, on what. The events that evaluate a final model have no place here.
struct TuneTask {
  const ModelEntry& entry;
  SearchSpace space;
  TrainingData data;
  std::span<const Event> validation;   ///< sorted by user; no part of data.events
  std::span<const Event> known;        ///< when a model is asked: data.events, and history events
  bool each_event = false;             ///< EvaluateOptions::each_event
  const WordVectors* words = nullptr;  ///< FitContext::words
  CandidateSpec candidates = {};       ///< EvaluateOptions::candidates
  TrainingData known_data() const { return {data.source, known}; }
};

/// Searches. The result depends on task, options other than `parallel`, and the seed; not on threads or on
/// how often the search was killed and run again, nor on how many ranks share the trials (collective: each trial is run
/// by one rank alone, and half-done ones are in a folder that all ranks see). Throws Error(kUsage) for wrong options, Error(kBadData) if
/// the log is of another search or every trial failed, Error(kCancelled).
TuneResult tune_task(const TuneTask& task, const TuneOptions& options, const Context& context);

}  // namespace akin
