// Scores of the held-out events themselves: rating errors, and how well they tell liked from disliked.
#pragma once

#include <span>
#include <vector>

#include "akin/eval/evaluate.h"
#include "akin/eval/history.h"

namespace akin {

/// How a model's scores of single events count.
struct ScoreScale {
  float stand_in = 0;  ///< for an event without a score: mean training rating, probability 1/2, or the lowest
  float low = 0, high = 1;  ///< range of the training ratings, or of probabilities
  bool ratings = false;     ///< scores are kept within the range
  /// The score that counts; NaN = none.
  float counted(float score) const;
};
/// `known`: the events known when the model is asked; those of training make the scale.
ScoreScale score_scale(const Traits& traits, std::span<const Event> known);

/// Adds RMSE, MSE and MAE over the held-out events of each user to result.metrics, for models that predict
/// ratings. Predictions are clipped to the range of the training values; where the model has no prediction
/// (it knows nothing of the user, or says NaN) the mean of the training values stands in and
/// result.mean_events counts it. Nothing is added if all training values are the same: those are not ratings.
///
///   MSE = mean of (prediction - value)^2, RMSE = its root, MAE = mean of |prediction - value|, over events
///
/// With options.liked = t, every model is scored as a classifier of value >= t as well:
///
///   AUC(liked) = share of (positive, negative) pairs of events in which the positive scores higher,
///          ties half
///   GAUC = mean over users with both kinds of their own AUC(liked), weighted by their number of events
///          (Zhu et al. 2017, "Optimized cost per click in Taobao display advertising")
///   accuracy = share of events with (prediction >= t) = (value >= t), for models that predict ratings, or
///          (probability >= 1/2) for models that predict probabilities
///   log loss = mean of -ln(probability of what happened), probabilities kept within [1e-7, 1 - 1e-7], for
///          models that predict probabilities
///
/// An event without a score (NaN, or of a user the model knows nothing of) counts as the training mean of a
/// rating, as probability 1/2, or else as the lowest score there is.
void evaluate_events(const Model& model, const Traits& traits, const Histories& histories,
                     std::span<const std::span<const Event>> test_users, std::span<const Event> known,
                     const EvaluateOptions& options, const Context& context, Evaluation& result);

}  // namespace akin
