// Matrix factorization as a net.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/nets/pairs/ncf_fit.h"

namespace akin {

/// Generalized matrix factorization (He, Liao, Zhang, Nie, Hu & Chua, "Neural collaborative filtering", WWW
/// 2017, eq. 9): y = b + h . (p_u * q_i), sigma(y) trained as the probability that the pair is one of the
/// user's rather than a drawn one. An NcfModel, and a dot product.
class Gmf : public NcfModel {
 public:
  struct Config : RankingNetConfig {
    int factors = 64;
    Config() { regularization = 0.03f; }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "gmf";
  static constexpr std::string_view kSummary = "generalized matrix factorization (He et al. 2017)";
  static constexpr Traits kTraits = kRankingNetTraits;

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
