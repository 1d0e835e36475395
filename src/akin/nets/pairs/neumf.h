// Neural matrix factorization.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/nets/pairs/ncf_fit.h"

namespace akin {

/// NeuMF (He et al., "Neural collaborative filtering", WWW 2017, eq. 12): gmf and mlp side by side, each with
/// vectors of its own, under one output, y = b + h . (p * q) + o . x_L. With `pretrain_epochs` epochs a gmf
/// and an mlp are trained first, each alone, and the net begins with their vectors and layers, its output
/// weights with alpha h and (1 - alpha) o (eq. 13), alpha = 0.5, and continues with `fine_tune_optimizer`. If
/// that is "same", the learning rate falls over both phases as one (schedule linear). An NcfModel that only re-ranks.
class NeuMf : public NcfModel {
 public:
  struct Config : RankingNetConfig {
    int factors = 64;
    int mlp_factors = 8;
    std::string layers = "16,8";
    float dropout = 0;
    float mlp_regularization = 0.3f;
    int pretrain_epochs = 0;
    std::string fine_tune_optimizer = "same";  ///< go on with `optimizer`
    /// 0 = learning_rate, and after P > 6 epochs of pretraining with "same" 6 / P of it.
    float fine_tune_learning_rate = 0;
    Config() { regularization = 0.03f; }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "neumf";
  static constexpr std::string_view kSummary = "neural matrix factorization (He et al. 2017)";
  static constexpr Traits kTraits = kRankingNetTraits;

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
