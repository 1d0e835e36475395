// Fusing sources into one model, and what each of them is worth.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "akin/data/split_facts.h"
#include "akin/experiment/model_result.h"
#include "akin/experiment/train.h"
#include "akin/fusion/fused.h"
#include "akin/store/bundle.h"

namespace akin {

struct FuseOptions {
  std::string holdout = {};  ///< as TrainOptions::holdout
  /// Also measure sources on the held-out events: these sets of "single", "pairs" and "leave-one-out", and then all with
  /// weights of 1, all, and the one vector. None: no ablation.
  std::vector<std::string> ablation = {};
  /// Splits that the ablation is pooled over, with seeds from that of the context on; the bundle is that of the first.
  int splits = 1;
  std::string word_vectors = {};    ///< as TrainOptions::word_vectors
  EvaluateOptions evaluation = {};  ///< of the ablation
};

/// What became of a source.
struct SourceFacts {
  std::string name;
  std::string kind;
  std::size_t items = 0;  ///< that it has a vector of
  std::size_t dimensions = 0;
  std::array<float, SourceGate::kKnots.size()> weights{};  ///< at SourceGate::kKnots
};

struct FuseResult {
  Bundle bundle;
  SplitSummary split;
  EventCounts counts;
  std::vector<SourceFacts> sources;
  std::size_t items = 0;  ///< of the catalogue
  std::array<std::size_t, SourceGate::kStrata.size()>
      queries{};                            ///< that weights were learned from, by stratum
  StratumRecords records{};                 ///< how well these were found (check_gate())
  std::optional<ModelComparison> ablation;  ///< a row for each set of sources
};

/// Splits the data, fits the sources and their weights (Fused::fit()) and returns the bundle. Beside what `akin train fused`
/// takes for a source, `vectors file=FILE` are vectors of items with their ids (read_embeddings()), content that no event
/// has touched; `bundle file=FILE` is the model of a bundle with its parameters, fitted again to each training side, so
/// that no held-out event is in it. Throws Error(kUsage) for wrong sources and options, Error(kBadData), Error(kIo),
/// Error(kCancelled).
FuseResult train_fused(Dataset data, const Fused::Config& config, const FuseOptions& options = {},
                       const Context& context = {});

}  // namespace akin
