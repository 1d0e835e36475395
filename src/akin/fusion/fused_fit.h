// The steps of a fit of Fused, for those who want other weights or fewer sources of the same fit.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "akin/fusion/fused.h"
#include "akin/fusion/standard_scores.h"

namespace akin {

/// Parameters of a source of kind "map": ridge regression (ContentMap) from the contents of all sources with an encoder to
/// the directions of V S^p, the truncated SVD of the events (models/implicit/svd.h): y_i = V_i S^p at length 1, less the
/// mean over the items, at length 1 again. Were the lengths left as they are, the squares would be those of the few items
/// with most events. An item with n events has the vector
///
///   (n y + k x) / (n + k),   y from events, x from content, both of length 1, k = prior_events
///
/// brought to length 1, one without events x.
struct MapConfig {
  int factors = 256;
  float power = 0.5f;
  float item_scaling = 0.2f;
  float regularization = 1;
  float prior_events = 20;
  std::vector<Param> params();
};

/// Sources fitted to a training side, and questions that other fits of them, to a part of it, were asked.
struct FittedSources {
  std::vector<FusedSource> sources;
  std::vector<std::uint32_t> events;  ///< training events of each item of the catalogue
  SourceQueries queries;              ///< none if too little can be held out
  std::vector<float> deviations;      ///< of the scores of each source within a user: means over some users
};

/// The sources that `config` names, fitted to `data`. Parameters `whiten=true` is the default of encoders that are not
/// sparse, and of vectors from elsewhere.
std::vector<FusedSource> fit_sources(const std::vector<SourceSpec>& specs, const TrainingData& data,
                                     const FitContext& context, const OtherSource& others);
/// All of it. Throws as Fused::fit().
FittedSources fit_fused(const TrainingData& data, const Fused::Config& config, const FitContext& context,
                        const OtherSource& others);
/// The sources `kept`, ascending, with weights of their own. One vector of `config.dimensions` is made of all sources.
std::unique_ptr<Fused> fuse(const FittedSources& fitted, std::span<const std::size_t> kept,
                            const Fused::Config& config, const Context& context);
/// All of them.
std::unique_ptr<Fused> fuse(const FittedSources& fitted, const Fused::Config& config, const Context& context);

/// The vectors of these items, by source.
std::vector<Csr> rows_by_source(std::span<const FusedSource> sources, std::span<const idx_t> items);
/// Calls `work` with 0, 1, ... items - 1, some thousand at a time, so that no copy of all vectors is made.
void for_item_blocks(std::size_t items, const std::function<void(std::span<const idx_t>)>& work);

/// 2^(-age / half_life) of the items of a history, the last one 1; none, all being equal, if half_life is 0.
std::vector<float> history_weights(std::size_t events, float half_life);
/// What a source says to the history; no scores if it has no answer.
StandardScores ask_source(const FusedSource& source, const Query& query, std::span<const float> weights);

}  // namespace akin
