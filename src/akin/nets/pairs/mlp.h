// A multilayer net over the vectors of a user and an item.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/nets/pairs/ncf_fit.h"

namespace akin {

/// The MLP of neural collaborative filtering (He et al., WWW 2017, eq. 10): ReLU layers over [p_u, q_i], then
/// y = b + o . x_L. An NcfModel that only re-ranks: every item is scored by the layers.
class Mlp : public NcfModel {
 public:
  struct Config : RankingNetConfig {
    int factors = 32;
    std::string layers = "32,16,8";
    float dropout = 0;
    Config() { regularization = 0.1f; }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "mlp";
  static constexpr std::string_view kSummary = "dense layers over user and item vectors (He et al. 2017)";
  static constexpr Traits kTraits = kRankingNetTraits;

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
