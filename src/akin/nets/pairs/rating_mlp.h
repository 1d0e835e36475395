// Rating prediction by dense layers over user and item embeddings.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/nets/pairs/ncf_fit.h"

namespace akin {

/// A rating is read off both vectors by layers: [p_u, q_i] with dropout, a dense layer of 64 ReLUs, a linear
/// one of 1, as in the Keras example of the Concept to Code tutorial. An NcfModel.
class RatingMlp : public NcfModel {
 public:
  struct Config : RatingNetConfig {
    std::string layers = "64";
    float dropout = 0.5f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "rating-mlp";
  static constexpr std::string_view kSummary =
      "rating prediction net: dense layers over user and item embeddings";
  static constexpr Traits kTraits = kRatingNetTraits;

  /// Reports the mean loss of an epoch's ratings, each before its step and with dropout.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
