// Predictions of pairs as tables.
#pragma once

#include <span>
#include <string>

#include "akin/experiment/predict.h"

namespace akin {

/// What is to be known of a prediction, such as "unknown item: the mean training rating stands in"; "" if nothing.
std::string prediction_note(const Predictions& predictions, const Prediction& prediction);
/// A table for a person: user, item, rating or probability, and notes where there are any.
std::string pair_predictions_text(std::span<const UserItem> pairs, const Predictions& predictions);
/// A header and a line for each pair: user, item, rating or probability, note. Numbers read back to the same floats.
std::string pair_predictions_csv(std::span<const UserItem> pairs, const Predictions& predictions);
/// How many pairs have something unknown or no prediction, as a sentence; "" if none.
std::string predictions_remark(const Predictions& predictions);

}  // namespace akin
