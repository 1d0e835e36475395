// Rating prediction error.
#pragma once

#include <span>

#include "akin/eval/evaluate.h"
#include "akin/eval/history.h"

namespace akin {

/// RMSE and MAE of a model that predicts ratings over the held-out events, given one slice per user. See
/// RatingMetrics.
RatingMetrics evaluate_ratings(const Model& model, const TrainingData& data, const Histories& histories,
                               std::span<const std::span<const Event>> test_users, const Context& context);

}  // namespace akin
