// Rating prediction by the dot product of user and item embeddings.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/nets/pairs/ncf_fit.h"

namespace akin {

/// A rating is the dot product of a vector of the user and one of the item, y = p_u . q_i, without biases, as
/// the Keras example of the Concept to Code tutorial, two Embedding layers, Flatten and Dot: its mean absolute error falls from
/// the mean rating, as vectors begin near zero. mf-sgd, with biases and regularization, predicts better.
/// An NcfModel.
class RatingDot : public NcfModel {
 public:
  using Config = RatingNetConfig;
  static constexpr std::string_view kName = "rating-dot";
  static constexpr std::string_view kSummary =
      "rating prediction net: dot product of user and item embeddings";
  static constexpr Traits kTraits = kRatingNetTraits;

  /// Reports the mean loss of an epoch's ratings, each before its step.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
    const NcfShape shape{.product = static_cast<std::size_t>(config.factors), .weighted = false};
    return fit_rating_net(data, shape, config.options(kName), config.epochs, context);
  }
};

}  // namespace akin
