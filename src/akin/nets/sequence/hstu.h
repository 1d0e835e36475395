// Self-attention that knows how long ago things were.
#pragma once

#include <memory>
#include <string_view>

#include "akin/nets/sequence/attention_fit.h"

namespace akin {

/// HSTU (Zhai et al., "Actions speak louder than words", ICML 2024): BlockKind::kHstu. The weight of item j in what comes after
/// item i depends on t_{i+1} - t_j, so that Query::now matters. Without times only the order counts. An
/// AttentionModel; by default scores are cosines.
class Hstu : public attention::AttentionModel {
 public:
  struct Config : attention::AttentionConfig {
    Config() { temperature = 0.05f; }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "hstu";
  static constexpr std::string_view kSummary = "gated attention with time gaps (Zhai et al. 2024)";
  static constexpr Traits kTraits = {.uses_order = true,
                                     .uses_times = true,
                                     .iterative = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true};

  /// Throws Error(kUsage) for parameters that do not go together.
  static attention::BlockKind block_of(const Config& config);
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
