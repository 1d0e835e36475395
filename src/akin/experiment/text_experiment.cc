#include "akin/experiment/text_experiment.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/hash.h"
#include "akin/encode/image_models.h"
#include "akin/encode/picture_memo.h"
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
    if (options.memo) return fit_with_memo(entry.name, input, options.params, options.memo, context);
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

double first_metric(const LabelledTexts& texts, const Matrix& predictions) {
  TextEvaluation result;
  texts.has_classes() ? score_classes(texts, predictions, result) : score_numbers(texts, predictions, result);
  return result.metrics[0].value;
}

/// The fits of a cross-validation.
class CrossValidation {
 public:
  CrossValidation(const TextTrainOptions& options, const LabelledTexts& texts, const WordVectors* words,
                  const std::vector<std::string>& choices, const Context& context)
      : options_(options),
        texts_(texts),
        words_(words),
        combinations_(combinations(choices)),
        group_of_(first_of_group(texts.size(), options.together)),
        context_(context),
        quiet_(context) {
    if (options_.memo == nullptr && takes_picture_memo(options.model))
      options_.memo = std::make_shared<PictureMemo>();
    quiet_.on_remark = {};
    for (const ParamValues& values : combinations_)
      static_cast<void>(find_text_model(options.model).complete(with(values).params));
  }

  /// A model of these texts; what it chose goes to `chosen`, if there is a choice.
  std::unique_ptr<TextModel> fit(std::span<const idx_t> learned, std::vector<std::string>& chosen) {
    const ParamValues& values = combinations_.size() > 1 ? best(learned) : combinations_[0];
    if (!values.empty()) {
      std::vector<std::string> texts;
      for (const auto& [name, value] : values) texts.push_back(name + "=" + value);
      chosen.push_back(fmt::format("{}", fmt::join(texts, ", ")));
    }
    return fit_one(learned, values);
  }

 private:
  TextTrainOptions with(const ParamValues& values) const {
    TextTrainOptions options = options_;
    for (const auto& [name, value] : values) options.params[name] = value;
    return options;
  }
  std::unique_ptr<TextModel> fit_one(std::span<const idx_t> learned, const ParamValues& values) {
    const Context& context = fits_++ == 0 ? context_ : quiet_;  // later fits would say the same again
    return fit_model(with(values), select_texts(texts_, learned), nullptr, words_, context);
  }
  /// The first of the best on a tenth of the texts, which the others are learned without.
  const ParamValues& best(std::span<const idx_t> learned) {
    const std::uint64_t tenth = std::max<std::uint64_t>(learned.size() / 10, 1);
    const auto [rows, held_out] = random_split(learned, group_of_, tenth, context_.seed, kChoiceStream);
    if (rows.empty())
      fail(ErrorCode::kBadData, "{} {} are too few to choose parameters on a tenth of them", learned.size(),
           find_text_model(options_.model).reads_pictures ? "pictures" : "texts");
    const LabelledTexts part = select_texts(texts_, held_out);
    const ParamValues* best = nullptr;
    double best_value = 0;
    for (const ParamValues& values : combinations_) {
      const double value = first_metric(part, predictions_of(*fit_one(rows, values), part, context_));
      if (best != nullptr && !(texts_.has_classes() ? value > best_value : value < best_value)) continue;
      best = &values;
      best_value = value;
    }
    return *best;
  }

  static constexpr std::uint64_t kChoiceStream = 1 << 20;
  TextTrainOptions options_;
  const LabelledTexts& texts_;
  const WordVectors* words_;
  std::vector<ParamValues> combinations_;
  std::vector<std::uint32_t> group_of_;
  const Context& context_;
  Context quiet_;
  std::uint64_t fits_ = 0;
};

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

TextEvaluation cross_validate(const TextTrainOptions& options, const LabelledTexts& texts,
                              const Resampling& how, const Context& context) {
  const auto words = check_and_read(options, validation_share(options) > 0);
  if (!options.checkpoint.empty())
    fail(ErrorCode::kUsage, "a checkpoint is of one fit, not of a cross-validation");
  CrossValidation validation(options, texts, words.get(), how.choices, context);
  const std::vector<LearnAndTest> parts = resample(texts, how, options.together, context.seed);
  std::size_t tests = 0;
  for (const LearnAndTest& part : parts) tests += part.second.size();
  const auto start = std::chrono::steady_clock::now();
  Matrix predictions(tests, std::max<std::size_t>(texts.classes.size(), 1));
  TextEvaluation all;
  all.tested.resize(tests);
  std::size_t next = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    context.report(
        {.phase = how.splits > 0 ? "split" : "fold", .done = p, .total = parts.size(), .unit = "parts"});
    const auto& [learned, held_out] = parts[p];
    const LabelledTexts part = select_texts(texts, held_out);
    const Matrix answers = predictions_of(*validation.fit(learned, all.chosen), part, context);
    for (std::size_t i = 0; i < held_out.size(); ++i) {
      const std::size_t place = how.splits > 0 ? next++ : held_out[i];
      std::ranges::copy(answers[i], predictions[place].begin());
      all.tested[place] = held_out[i];
    }
    all.folds.push_back(first_metric(part, answers));
  }
  const double seconds = seconds_since(start);
  TextEvaluation result = scored(select_texts(texts, all.tested), predictions, context);
  result.of_pictures = find_text_model(options.model).reads_pictures;
  result.folds = std::move(all.folds);
  result.chosen = std::move(all.chosen);
  result.tested = std::move(all.tested);
  result.random_splits = how.splits > 0;
  result.seconds = seconds;
  return result;
}

}  // namespace akin
