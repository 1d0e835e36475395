// Scoring a model on events it has not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/eval/metric.h"
#include "akin/eval/protocol.h"
#include "akin/models/model.h"

namespace akin {

/// The held-out events of items that have between min_events and max_events training events.
struct PopularityBin {
  std::uint64_t min_events = 0, max_events = 0;
  std::uint64_t held_out = 0;  ///< held-out (user, item) pairs that were ranked
  std::uint64_t hits = 0;      ///< of them within the first Evaluation::bins_cutoff of the list
};

/// The outcome of one evaluation. Everything that was not evaluated is counted.
/// How each metric is defined: docs/evaluation.md.
struct Evaluation {
  std::string protocol;                ///< one line: what was ranked against what
  std::uint64_t users = 0;             ///< users evaluated by ranking
  std::uint64_t lists = 0;             ///< lists ranked: one a user, unless each event is predicted in turn
  std::uint64_t test_events = 0;       ///< held-out events given
  std::uint64_t repeated_events = 0;   ///< held-out items the user already has in training: not ranked
  std::uint64_t warm_item_events = 0;  ///< held-out items with training events: not among cold candidates
  std::uint64_t duplicate_events = 0;  ///< the same held-out user and item again: counted once
  std::uint64_t cold_item_events = 0;  ///< held-out items without training events: ranked, mostly missed
  std::uint64_t cold_users = 0;      ///< users of whom nothing is known: ranked if the model gives an answer
  std::uint64_t fallback_users = 0;  ///< lists the model could not make: items by popularity instead
  std::uint64_t mean_events = 0;     ///< ratings without a prediction: the training mean stands in
  std::vector<int> cutoffs;          ///< ascending
  /// "HR@5", "Recall@5", ..., then "AUC", "RMSE", "coverage@10" and so on, as asked for.
  std::vector<Metric> metrics;
  int bins_cutoff = 0;
  std::vector<PopularityBin> bins;  ///< by popularity, rarest first; only bins that occur
  double seconds = 0;

  /// The value of a metric; NaN if there is none of that name.
  double value(std::string_view name) const;
};

struct EvaluateOptions {
  std::vector<int> cutoffs = {5, 10, 20};  ///< ascending, positive
  Ties ties = Ties::kAgainst;
  CandidateSpec candidates = {};
  /// Whether items of the user's known events are left out of the list. Off where a repeat is a success.
  bool exclude_seen = true;
  /// Each held-out event is a list of its own, asked for with all events before it as history (next item of a
  /// session); seen items are then never left out. Off: one list per user for all held-out events.
  bool each_event = false;
  bool beyond = true;  ///< coverage, Gini, novelty, diversity, popularity, share of cold items
  bool auc = false;    ///< area under the ROC curve over all candidates; needs all scores, so takes longer
  /// Held-out events with a value of at least this are positive, the others negative examples, and the model
  /// is also scored as a classifier of them (AUC, GAUC, log loss, accuracy). Absent: not done.
  std::optional<float> liked = {};
  int resamples = 1000;     ///< of the bootstrap behind the intervals (bootstrap.h); 0 = no intervals
  std::uint64_t seed = 42;  ///< of the resamples
};

/// Ranks, for each user with held-out events, all items except those the user is known to have (or the
/// candidates that options ask for, and the held-out items) and scores the ranking; models that predict
/// ratings are also scored by their errors. `data.events` are the known events: those with Subset::kTrain were
/// trained on, the others only serve as the user's history. Ties count against the model unless options say
/// otherwise: a constant scorer gets nothing. Items scored NaN or -infinity are never found. Among candidates that
/// hold items without training events (cold, catalogue), those that the model has no place for are last, equal. Users without
/// known events are asked for with an empty Query; a user the model knows nothing of is ranked by popularity
/// (training events per item). Memory: O(held-out events + lists x metrics + threads x (items + block of
/// scores)), never users x items. Same result at any thread count. `test` is sorted by user.
/// Collective: the ranks, which all have the same data, divide the lists among them; same result on all, at any number. Throws
/// Error(kBadData) if `test` is empty or holds nothing that may be ranked, Error(kUsage) for wrong cutoffs, Error(kCancelled).
Evaluation evaluate(const Model& model, const Traits& traits, const TrainingData& data,
                    std::span<const Event> test, const EvaluateOptions& options, const Context& context);

/// The evaluations of several splits, such as the folds of a cross-validation, as one: means over all their
/// users (a user of several splits counts in each), metrics that are not means averaged, counts added up.
/// Intervals are computed again. All must have been made with these options.
Evaluation pool(const std::vector<Evaluation>& subsets, const EvaluateOptions& options,
                const Context& context);

/// Makes the intervals that options ask for.
void add_intervals(Evaluation& evaluation, const EvaluateOptions& options, const Context& context);

}  // namespace akin
