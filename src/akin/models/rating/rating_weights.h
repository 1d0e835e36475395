// How much each rating counts.
#pragma once

#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"

namespace akin {

struct RatingWeights {
  std::string kind = "none";   ///< none, popularity or recency
  float power = 0.5f;          ///< of popularity
  float half_life_days = 365;  ///< of recency, in days
};

/// The weights of the entries of `by_user`, which to_csr(data.events, ..., Repeats::kLast) made, scaled to
/// mean 1; none for kind "none". popularity: n_i^-power, n_i = ratings of the item. recency:
/// 2^(-age / half_life_days) from the latest rating of all; ratings without a time count as the oldest. Throws
/// Error(kBadData) naming `model` for recency if no rating has a time. Collective: of several ranks, the weights are
/// those that one process would give this rank's ratings.
std::vector<float> rating_weights(const TrainingData& data, const Csr& by_user, const RatingWeights& weights,
                                  std::string_view model, const Context& context = {});

}  // namespace akin
