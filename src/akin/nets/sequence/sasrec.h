// Self-attention over what a user did, in order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/nets/sequence/attention_fit.h"

namespace akin {

/// SASRec (Kang & McAuley, "Self-attentive sequential recommendation", ICDM 2018) as improved by eSASRec (Tikhonovich et al.,
/// RecSys 2025): BlockKind::kLigr, or with block = sasrec the original one, and LossKind. One item table is
/// read at both ends: score = state . item, by default the cosine over a temperature. An AttentionModel.
class Sasrec : public attention::AttentionModel {
 public:
  struct Config : attention::AttentionConfig {
    std::string block = "ligr";
    Config() {
      temperature = 0.1f;
      learning_rate = 0.002f;
    }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "sasrec";
  static constexpr std::string_view kSummary = "causal self-attention (Kang & McAuley 2018; eSASRec 2025)";
  static constexpr Traits kTraits = {
      .uses_order = true, .iterative = true, .warm_start = true, .takes_item_vectors = true};

  /// Throws Error(kUsage) for parameters that do not go together.
  static attention::BlockKind block_of(const Config& config);
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
