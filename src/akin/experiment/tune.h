// The search for good parameters of a model on a data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"
#include "akin/data/dataset.h"
#include "akin/data/split.h"
#include "akin/data/split_facts.h"
#include "akin/experiment/fit_history.h"

namespace akin {

struct TuneOptions {
  std::string holdout = {};  ///< as TrainOptions::holdout
  /// Search a parameter in this range, "factors=8:64", or among these, "solver=cg,exact"; others that have a
  /// range of their own (Param::search) are searched in that.
  std::vector<std::string> ranges = {};
  int trials = 30;                ///< trial 0 is the default configuration
  std::string word_vectors = {};  ///< as TrainOptions::word_vectors
  bool halving = false;           ///< successive halving over epochs; random search for models without epochs
  int eta = 3;                    ///< of halving
  std::string candidates = {};    ///< what held-out items are ranked against (parse_candidates())
  std::string metric = {};        ///< WatchedMetric; empty = the model's default
  int every = 1;                  ///< epochs between evaluations
  int patience = 5;               ///< evaluations without a better one that end a trial; 0 = never
  int parallel = 1;               ///< trials at once, each on a share of the threads
  std::string log = {};  ///< file of finished trials, needed; beside it, in LOG.states, those half done
};

/// The outcome of a trial, so far.
struct Trial {
  int number = 0;
  int budget = 0;           ///< epochs it was allowed, 0 = all planned
  ParamValues params = {};  ///< those searched or fixed; the others have their defaults
  double value = std::numeric_limits<double>::quiet_NaN();  ///< of the metric on the validation events
  double low = std::numeric_limits<double>::quiet_NaN();    ///< interval of value, NaN = none
  double high = std::numeric_limits<double>::quiet_NaN();
  int best_epoch = 0;  ///< the epoch that gave value, 0 = the model is not fitted in epochs
  int epochs = 0;      ///< done
  double seconds = 0;
  LearningCurve curve = {};  ///< a point per epoch, empty if the model is not fitted in epochs
  std::string failure = {};  ///< why there is no value, such as divergence
  bool failed() const { return !failure.empty(); }
};

/// What a search found, and on what.
struct TuneResult {
  std::vector<Trial> trials;  ///< best first; failed ones last
  std::string metric;         ///< what was made best
  Better better = Better::kHigher;
  std::size_t found = 0;  ///< trials that an earlier run had finished
  SplitSpec split = {};
  std::uint64_t validation_events = 0;
  SplitSummary summary =
      {};  ///< whose held-out events are the validation events; of test events it knows nothing
  std::size_t failures() const;
};

/// The folder of the half-done trials of a log. It holds what akin wrote and listed there (base/made_folder.h).
std::string trial_states_folder(const std::string& log);

/// Throws Error(kUsage) for ranges, parameters or a metric that the model does not have: what tune() would
/// throw after the data are read.
void check_search(const ModelSpec& model, const TuneOptions& options);

/// Splits off test and validation events, forgets the test events, and searches on the validation events.
/// Parameters that `model` sets are kept at these values. The result depends on data, model, options other than
/// `parallel`, and the seed; not on threads, ranks or on how often the search was killed and run again. Remarks:
/// halving of a model that is not fitted in epochs is random search; how many finished trials a log gave.
/// Throws Error(kUsage) for wrong options, Error(kBadData) if the data cannot be split, the log is of another
/// search or every trial failed, Error(kCancelled). Several ranks share the trials: collective, each with whole data.
TuneResult tune(Dataset data, const ModelSpec& model, const TuneOptions& options = {},
                const Context& context = {});

/// The parameters that train the trial's best model: all of them, with the number of epochs that was best.
/// Where step lengths depend on the epochs planned these stay as planned, and `stop_after` says where to stop
/// (0 = nowhere).
struct BestConfiguration {
  ParamValues params;
  int stop_after = 0;
};
BestConfiguration best_configuration(const ModelEntry& entry, const Trial& trial);

}  // namespace akin
