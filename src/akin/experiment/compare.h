// Several models trained on the same part of the data and scored on the same rest.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/catalog/registry.h"
#include "akin/data/dataset.h"
#include "akin/data/split.h"
#include "akin/data/split_facts.h"
#include "akin/experiment/model_result.h"

namespace akin {

struct SplitDataset;  // data/split_dataset.h

struct CompareOptions {
  /// As TrainOptions::holdout, and "folds:K" for K splits whose results are pooled.
  std::string holdout = {};
  /// Keep a validation part out too, on which models fitted in epochs are watched; their best epoch is kept.
  bool validation = false;
  /// Epochs that were no better on the validation part and end a fit; 0 = all epochs. More than 0 needs, and
  /// makes, a validation part.
  int patience = 0;
  std::string word_vectors = {};  ///< as TrainOptions::word_vectors
  /// Leave out models whose sources the data do not have, with a remark; else they are failures.
  bool leave_out_unsuited = false;
  EvaluateOptions evaluation = {};  ///< each_event is taken from the split
  /// Which models to keep the best of (by NDCG at Evaluation::bins_cutoff) in the last split; none = none.
  std::function<bool(const ModelEntry& entry, const Model& model)> keep_best = {};
  bool map = false;  ///< also place the items on a map by the embeddings of the model kept
};

/// A model that was kept, trained on the last split.
struct BestModel {
  ModelSpec spec;
  std::unique_ptr<Model> model;
  double fit_seconds = 0;
};

struct CompareResult {
  ModelComparison comparison;
  std::vector<SplitSpec> splits;             ///< in order; of several data sets those of the first come first
  std::vector<SplitSummary> summaries = {};  ///< of each split
  std::string data_name;                     ///< Dataset::name of the last data set
  std::optional<BestModel> best = {};
};

/// Trains and evaluates every model on every split of the data sets in these files, pools what several splits
/// gave, and tests the models against the best one. One data set is in memory at a time, and at most two
/// models. A model that fails is among ModelComparison::failures, and the others continue. Remarks: which
/// model's turn it is. Same result at any number of threads where Traits::deterministic, and of ranks: collective, each
/// with whole data. Models that are not is_divisible() are fitted by every rank (a remark says which), and all are
/// evaluated by all.
///
/// Throws Error(kUsage) if nothing is held out or no model or file is named, Error(kBadData) and Error(kIo)
/// as load_dataset() and split_events(), Error(kCancelled).
CompareResult compare_files(const std::vector<std::string>& paths, const std::vector<ModelSpec>& models,
                            const CompareOptions& options = {}, const Context& context = {});
/// The same on a data set in memory. With more than one split it is copied.
CompareResult compare(Dataset data, const std::vector<ModelSpec>& models, const CompareOptions& options = {},
                      const Context& context = {});
/// The same on data that are split already; options.holdout and validation are not looked at.
CompareResult compare(const SplitDataset& data, const std::vector<ModelSpec>& models,
                      const CompareOptions& options = {}, const Context& context = {});

/// Models by names: "all", or some of them, each once; "-NAME" takes one away that stands before. Throws
/// Error(kNotFound) with the nearest names, Error(kUsage) for none.
std::vector<ModelSpec> find_models(const std::vector<std::string>& names);

}  // namespace akin
