// Training a model on part of a data set.
#pragma once

#include <optional>
#include <string>

#include "akin/catalog/registry.h"
#include "akin/data/dataset.h"
#include "akin/data/split_facts.h"
#include "akin/experiment/fit_history.h"
#include "akin/store/bundle.h"

namespace akin {

/// TrainOptions::fetch_mib, as FitContext::fetch_bytes.
inline constexpr int kFetchMib = 256;

struct TrainOptions {
  /// What to keep out of training, in the words of parse_split(), such as "last" or "user-ratio:0.2";
  /// "" = choose_split() finds one that fits the data.
  std::string holdout = {};
  /// Keep a validation part out too; a monitor with a metric does so in any case.
  bool validation = false;
  MonitorOptions monitor = {};  ///< early stopping, checkpoints, resuming; of models fitted in epochs
  /// Measure the model on what is held out, then fit it again to all events, in as many epochs as were best: the
  /// bundle holds no held-out events but the figures (Bundle::measured). Needs something held out, room for the
  /// events twice, and the time of both fits and of the evaluation.
  bool final = false;
  /// File of vectors of items to begin with in place of random ones (read_embeddings()); "" = none.
  std::string init_items = {};
  /// Where item vectors of a net (parameter freeze_items) come from: "learned", "one-hot" (multiplied by a dense
  /// layer without bias, which is to take rows of its weights: the same bits), "pretrained=FILE" (as init_items)
  /// or "pretrained=FILE,freeze"; "" = learned, or init_items.
  std::string embedding = {};
  /// File of word vectors, of models that encode texts by them (read_word_vectors()); "" = none.
  std::string word_vectors = {};
  /// Of several ranks that divide the users' vectors (Traits::fetches_users): MiB of those of other ranks that each has
  /// at a time. Where all do not fit, some are sent several times an epoch.
  int fetch_mib = kFetchMib;
};

/// Events by what became of them.
struct EventCounts {
  std::uint64_t training = 0;
  std::uint64_t validation = 0;  ///< not trained on but known, as `history`
  std::uint64_t history = 0;
  std::uint64_t held_out = 0;
};

struct TrainResult {
  Bundle bundle;       ///< the model, and what was held out
  EventCounts counts;  ///< of all ranks
  FitLog log;          ///< losses and epochs
  SplitSummary split;  ///< what was held out, also where TrainOptions::final used it again
  /// Of a fit that was watched; with TrainOptions::final of the one that was measured.
  std::optional<FitHistory> history = {};
};

/// Splits the data, fits the model to the training side, and returns it with the rest of the data. Same data,
/// model, options and seed, same bits, at any number of threads if the model's Traits say so; with
/// `monitor.resume` also after a kill. Remarks: sizes and training_memory(), how many items
/// `init_items` knows, a checkpoint that is not
/// there yet, the epoch that was gone on from.
///
/// Where the context has several ranks, they divide the fit (fit_model()) and the evaluations. Data divided among them
/// (Dataset::user_bounds) are evaluated nowhere: no metric, no patience, not final. The bundle then has the
/// events of this rank's users, and a model with Traits::divides_users the vectors of a part of the users: it answers no
/// questions. save_bundle() writes those of all. Collective.
///
/// Throws Error(kBadData) for data that cannot be split or fitted so, Error(kUsage) for options that do not
/// suit the model, Error(kCancelled) on stop, and what read_embeddings() and FitMonitor throw.
TrainResult train(Dataset data, const ModelSpec& model, const TrainOptions& options = {},
                  const Context& context = {});

/// About how many bytes a fit takes: events, their sorted copies, vectors twice; without what a model
/// keeps for pairs of items (Traits::stores_pairs). Of data that ranks divide, those of this rank, with as many users as
/// any has and the vectors that it fetches.
double training_memory(const Dataset& data, const ModelSpec& model, int fetch_mib = kFetchMib);

}  // namespace akin
