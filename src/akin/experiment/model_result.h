// What is known of a model after its evaluation, alone or beside others.
#pragma once

#include <string>
#include <vector>

#include "akin/base/param.h"
#include "akin/eval/evaluate.h"
#include "akin/eval/significance.h"
#include "akin/experiment/fit_history.h"

namespace akin {

struct Bundle;    // store/bundle.h
struct Measured;  // store/measured.h

/// One row of a comparison.
struct ModelResult {
  std::string model;
  ParamValues params;
  double fit_seconds = 0;
  Evaluation evaluation;
  LearningCurve curve = {};  ///< of models fitted in epochs; with several splits that of the first
  std::string watched = {};  ///< the metric of the curve's validation values, if there are any
};

/// An item on a map of a model's embeddings.
struct MapPoint {
  idx_t item = 0;
  float x = 0, y = 0;
  std::string label;  ///< title, or id without one
  std::string group;  ///< the item's category at the level chosen, "other" if it has none of the large ones
};

/// A model that could not be fitted or evaluated.
struct ModelFailure {
  std::string model;
  std::string message;
};

/// Models evaluated on the same splits, and which of them is best by each metric.
struct ModelComparison {
  std::vector<ModelResult> results;  ///< in the order asked for, without those that failed
  std::vector<ModelFailure> failures = {};
  std::vector<Comparison> tests = {};  ///< one per accuracy metric that a model has; none for a single model
  /// Users with held-out events who have all of these items already; 0 where several splits are pooled.
  std::uint64_t users_not_ranked = 0;
  std::string map_model = {};      ///< whose embeddings `map` shows
  std::vector<MapPoint> map = {};  ///< for pages; may be empty
};

/// Tests all accuracy metrics that comparisons show, each model against the best; none for a single model.
/// Throws Error(kCancelled).
std::vector<Comparison> test_models(const std::vector<ModelResult>& results, const Context& context = {});

/// The accuracy metrics that comparisons show: every one at the middle cutoff, hit rate, recall and NDCG at
/// the others.
std::vector<std::string> accuracy_names(const std::vector<int>& cutoffs);

/// evaluate() on the bundle's held-out events, and on nothing else; options.each_event is taken from its
/// split. Throws Error(kBadData) if nothing was held out, and as evaluate().
ModelResult evaluate_bundle(const Bundle& bundle, EvaluateOptions options = {}, const Context& context = {});
/// What evaluate_bundle() finds, to be kept in another bundle; epochs are left at 0.
Measured measure(const Bundle& bundle, const Context& context = {});
/// The figures kept in a bundle that was fitted to all events after it was measured (Bundle::measured), without the
/// values of single users. Throws Error(kBadData) if it has none.
ModelResult measured_result(const Bundle& bundle);

}  // namespace akin
