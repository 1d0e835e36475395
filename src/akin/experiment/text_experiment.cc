#include "akin/experiment/text_experiment.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/hash.h"
#include "akin/eval/bootstrap.h"
#include "akin/experiment/labelled_pictures.h"
#include "akin/store/word_vectors.h"

namespace akin {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What a cross-validation says of all texts, and an evaluation too.
Matrix predictions_of(const TextModel& model, const LabelledTexts& texts, const Context& context) {
  const std::vector<std::string_view> views(texts.texts.begin(), texts.texts.end());
  return model.predict(views, context);
}

std::size_t most_probable(std::span<const float> row) {
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

Metric metric_of(std::string name, Better better, std::vector<float> values, bool root = false) {
  Metric metric{.name = std::move(name), .better = better, .values = std::move(values), .root = root};
  metric.value = mean_of(metric);
  return metric;
}

void score_classes(const LabelledTexts& texts, const Matrix& predictions, TextEvaluation& result) {
  const std::size_t classes = texts.classes.size();
  result.confusion.assign(classes, std::vector<std::uint64_t>(classes, 0));
  std::vector<float> correct, losses;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t predicted = most_probable(predictions[i]);
    ++result.confusion[texts.labels[i]][predicted];
    result.predicted.push_back(static_cast<std::uint32_t>(predicted));
    result.probability.push_back(predictions[i][predicted]);
    correct.push_back(predicted == texts.labels[i] ? 1.0F : 0.0F);
    losses.push_back(-std::log(std::max(predictions[i][texts.labels[i]], 1e-7F)));
  }
  double f1_sum = 0;
  std::uint64_t most = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    ClassScores scores{.name = std::string(texts.classes.id(static_cast<idx_t>(c)))};
    for (std::size_t other = 0; other < classes; ++other) {
      scores.texts += result.confusion[c][other];
      scores.predicted += result.confusion[other][c];
    }
    scores.correct = result.confusion[c][c];
    const auto right = static_cast<double>(scores.correct);
    scores.precision = right / static_cast<double>(scores.predicted);
    scores.recall = right / static_cast<double>(scores.texts);
    scores.f1 = 2 * right / static_cast<double>(scores.texts + scores.predicted);
    if (scores.texts + scores.predicted > 0) f1_sum += scores.f1;
    most = std::max(most, scores.texts);
    result.classes.push_back(std::move(scores));
  }
  result.constant = static_cast<double>(most) / static_cast<double>(texts.size());
  result.metrics.push_back(metric_of("accuracy", Better::kHigher, std::move(correct)));
  result.metrics.push_back(metric_of("log loss", Better::kLower, std::move(losses)));
  result.metrics.push_back(
      {.name = "macro F1", .better = Better::kHigher, .value = f1_sum / static_cast<double>(classes)});
}

void score_numbers(const LabelledTexts& texts, const Matrix& predictions, TextEvaluation& result) {
  std::vector<float> squares, distances;
  const auto n = static_cast<double>(texts.size());
  const double mean = std::accumulate(texts.numbers.begin(), texts.numbers.end(), 0.0) / n;
  double spread = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const float distance = predictions[i][0] - texts.numbers[i];
    squares.push_back(distance * distance);
    distances.push_back(std::abs(distance));
    spread += std::pow(static_cast<double>(texts.numbers[i]) - mean, 2);
  }
  result.constant = std::sqrt(spread / n);
  result.metrics.push_back(metric_of("RMSE", Better::kLower, std::move(squares), true));
  result.metrics.push_back(metric_of("MAE", Better::kLower, std::move(distances)));
  result.metrics.push_back({.name = "R2",
                            .better = Better::kHigher,
                            .value = 1 - std::pow(result.metrics[0].value / result.constant, 2)});
}

TextEvaluation scored(const LabelledTexts& texts, const Matrix& predictions, const Context& context) {
  TextEvaluation result;
  result.texts = texts.size();
  texts.has_classes() ? score_classes(texts, predictions, result) : score_numbers(texts, predictions, result);
  add_intervals(result.metrics, {.seed = context.seed}, context);
  return result;
}

double validation_share(const TextTrainOptions& options) {
  return options.validation_share.value_or(find_text_model(options.model).takes_validation ? 0.1 : 0);
}

std::string hash_of(const LabelledTexts& texts) {
  std::uint64_t hash = 0;
  const auto add = [&](const auto& values) {
    hash = hash_bytes(values.data(), values.size() * sizeof(values[0]), hash);
  };
  for (const std::string& text : texts.texts) {
    add(text);
    add(std::string_view("\n"));
  }
  for (idx_t c = 0; c < texts.classes.size(); ++c) add(texts.classes.id(c));
  add(texts.labels);
  add(texts.numbers);
  return fmt::format("{:016x}", hash);
}

/// What must be the same for a fit to continue.
std::map<std::string, std::string> identity_of(const TextTrainOptions& options, const TextFitInput& input,
                                               std::uint64_t seed) {
  std::map<std::string, std::string> identity = {{"model", options.model},
                                                 {"seed", fmt::format("{}", seed)},
                                                 {"hash of the texts", hash_of(input.texts)}};
  for (const auto& [name, value] : find_text_model(options.model).complete(options.params))
    identity["parameter " + name] = value;
  if (input.validation != nullptr) identity["hash of the validation texts"] = hash_of(*input.validation);
  if (input.words != nullptr) {
    const Matrix& vectors = input.words->vectors;
    std::uint64_t hash = 0;
    for (std::size_t r = 0; r < vectors.rows(); ++r)
      hash = hash_bytes(vectors.row(r), vectors.cols() * sizeof(float), hash);
    identity["hash of the word vectors"] = fmt::format("{:016x}", hash);
  }
  return identity;
}

/// The fit itself, with word vectors that were read before.
std::unique_ptr<TextModel> fit_model(const TextTrainOptions& options, const LabelledTexts& texts,
                                     const LabelledTexts* validation, const WordVectors* words,
                                     const Context& context) {
  const TextModelEntry& entry = find_text_model(options.model);
  const auto fit = [&](TextFitInput input) {
    if (!options.checkpoint.empty()) {
      input.checkpoint = options.checkpoint;
      input.resume = options.resume;
      input.identity = identity_of(options, input, context.seed);
    }
    return entry.fit(input, options.params, context);
  };
  const double share = validation_share(options);
  if (validation != nullptr || share == 0) return fit({texts, validation, words});
  const auto [learned, held_out] = random_share(texts, share, context.seed);
  // Of very few texts none is held out: then all epochs are run.
  if (held_out.empty()) return fit({texts, nullptr, words});
  const LabelledTexts held_out_texts = select_texts(texts, held_out);
  return fit({select_texts(texts, learned), &held_out_texts, words});
}

/// Each text goes to the fold of the first one that pairs lead to.
void keep_together(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs,
                   std::vector<int>& fold_of) {
  const std::vector<std::uint32_t> first = first_of_group(fold_of.size(), pairs);
  for (std::size_t i = 0; i < first.size(); ++i) fold_of[i] = fold_of[first[i]];
}

/// Throws for what the model does not look at; reads the word vectors.
std::unique_ptr<WordVectors> check_and_read(const TextTrainOptions& options, bool validation) {
  const TextModelEntry& entry = find_text_model(options.model);
  static_cast<void>(entry.complete(options.params));
  if (validation && !entry.takes_validation)
    fail(ErrorCode::kUsage, "{} does not stop early: it has no use for validation texts", options.model);
  if (!options.checkpoint.empty() && !entry.takes_validation)
    fail(ErrorCode::kUsage, "{} is not trained in epochs: it has no use for a checkpoint", options.model);
  if (options.resume && options.checkpoint.empty())
    fail(ErrorCode::kUsage, "to resume, name the file of the checkpoint");
  if (options.word_vectors.empty()) return nullptr;
  if (!entry.takes_words) fail(ErrorCode::kUsage, "{} does not look at word vectors", options.model);
  return std::make_unique<WordVectors>(read_word_vectors(options.word_vectors));
}

}  // namespace

StoredTextModel train_text_model(const TextTrainOptions& options, const LabelledTexts& texts,
                                 const LabelledTexts* validation, const Context& context) {
  const auto words = check_and_read(options, validation != nullptr || validation_share(options) > 0);
  StoredTextModel stored;
  stored.model = fit_model(options, texts, validation, words.get(), context);
  stored.params = find_text_model(options.model).complete(options.params);
  stored.seed = context.seed;
  stored.texts = texts.size();
  return stored;
}

TextEvaluation evaluate_text_model(const TextModel& model, const LabelledTexts& texts,
                                   const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  const Matrix predictions = predictions_of(model, texts, context);
  const double seconds = seconds_since(start);
  TextEvaluation result = scored(texts, predictions, context);
  result.of_pictures = find_text_model(model.name()).reads_pictures;
  result.seconds = seconds;
  return result;
}

TextEvaluation cross_validate(const TextTrainOptions& options, const LabelledTexts& texts, int folds,
                              const Context& context) {
  const auto words = check_and_read(options, validation_share(options) > 0);
  if (!options.checkpoint.empty())
    fail(ErrorCode::kUsage, "a checkpoint is of one fit, not of a cross-validation");
  Context quiet = context;  // of the second fit on: they differ by little
  quiet.on_remark = {};
  std::vector<int> fold_of = stratified_folds(texts, folds, context.seed);
  keep_together(options.together, fold_of);
  const auto start = std::chrono::steady_clock::now();
  Matrix predictions(texts.size(), std::max<std::size_t>(texts.classes.size(), 1));
  std::vector<double> by_fold;
  for (int fold = 0; fold < folds; ++fold) {
    context.report({.phase = "fold",
                    .done = static_cast<std::uint64_t>(fold),
                    .total = static_cast<std::uint64_t>(folds),
                    .unit = "folds"});
    const auto [learned, held_out] = rows_of_fold(fold_of, fold);
    const auto model =
        fit_model(options, select_texts(texts, learned), nullptr, words.get(), fold == 0 ? context : quiet);
    const LabelledTexts part = select_texts(texts, held_out);
    const Matrix answers = predictions_of(*model, part, context);
    for (std::size_t i = 0; i < held_out.size(); ++i)
      std::ranges::copy(answers[i], predictions[held_out[i]].begin());
    TextEvaluation of_fold;
    part.has_classes() ? score_classes(part, answers, of_fold) : score_numbers(part, answers, of_fold);
    by_fold.push_back(of_fold.metrics[0].value);
  }
  const double seconds = seconds_since(start);
  TextEvaluation result = scored(texts, predictions, context);
  result.of_pictures = find_text_model(options.model).reads_pictures;
  result.folds = std::move(by_fold);
  result.seconds = seconds;
  return result;
}

}  // namespace akin
