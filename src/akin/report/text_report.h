// What `akin text` prints.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/experiment/text_experiment.h"
#include "akin/report/html.h"

namespace akin {

/// Metrics with intervals, precision, recall and F1 of each class, and the confusion matrix of up to 20 classes.
std::string text_evaluation_text(const TextEvaluation& result);
/// {texts (of pictures: pictures), metrics: {NAME: {value, low, high}}, constant, classes: [{class, texts, predicted, correct, precision,
/// recall, f1}], confusion: [[...]], folds: [...], fold_mean, fold_deviation, chosen: [...], seconds}
nlohmann::json text_evaluation_json(const TextEvaluation& result);
/// The same as a page; `title` such as the model's name. `more` adds what comes behind the tables.
std::string text_evaluation_html(const TextEvaluation& result, const std::string& title,
                                 const std::function<void(HtmlReport&)>& more = {});

/// {predictions: [{class, probabilities: {CLASS: p}} or {number}]}, in the order of the texts.
nlohmann::json text_predictions_json(const TextModel& model, const Matrix& predictions);
/// A line for each text: class and a probability of each class, or the number; after a header. With `names`, one for
/// each text, a column `picture` of them comes first.
std::string text_predictions_csv(const TextModel& model, const Matrix& predictions,
                                 const std::vector<std::string>& names = {});

/// The words of a text and what each adds, largest first; at most `count` of them, then the sum of the others.
std::string text_explanation_text(const TextExplanation& explanation, std::string_view about,
                                  std::size_t count);
/// {score, base, parts: [{text, adds}]}
nlohmann::json text_explanation_json(const TextExplanation& explanation);

}  // namespace akin
