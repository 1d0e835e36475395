#include "akin/text/text_linear.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"
#include "akin/optim/dual_descent.h"
#include "akin/text/labelled_texts.h"

namespace akin {
namespace {

constexpr std::size_t kMostWeights = std::size_t{1} << 28;  // 1 GiB
constexpr int kCalibrationFolds = 3;

LinearLoss loss_of(const std::string& name, bool classes) {
  if (name == "auto") return classes ? LinearLoss::kSquaredHinge : LinearLoss::kSquared;
  const LinearLoss loss = name == "svm"        ? LinearLoss::kSquaredHinge
                          : name == "logistic" ? LinearLoss::kLogistic
                                               : LinearLoss::kSquared;
  if (!classes && loss != LinearLoss::kSquared)
    fail(ErrorCode::kUsage, "{}: loss {} is for classes, and the labels are numbers", TextLinear::kName,
         name);
  return loss;
}

/// The fit of all scores to some of the texts.
class LinearLearner {
 public:
  LinearLearner(const LabelledTexts& texts, const Csr& rows, const TextLinear::Config& config)
      : texts_(texts), rows_(rows), config_(config) {
    options_.loss = loss_of(config.loss, texts.has_classes());
    options_.regularization = config.regularization;
    const std::size_t classes = texts.classes.size();
    scores_ = classes <= 2 ? 1 : classes;
  }
  std::size_t scores() const { return scores_; }

  std::vector<LinearFit> fit(std::span<const idx_t> chosen, const Context& context) const {
    std::vector<LinearFit> fits(scores_);
    parallel_for(
        scores_, context.threads,
        [&](std::size_t begin, std::size_t end, int) {
          for (std::size_t k = begin; k < end; ++k) fits[k] = fit_score(k, chosen, context);
        },
        1);
    return fits;
  }

  double score(const LinearFit& fit, idx_t row) const {
    double sum = static_cast<double>(fit.bias);
    for (const idx_t term : rows_.cols_of(row)) sum += static_cast<double>(fit.weights[term]);
    return sum;
  }

 private:
  LinearFit fit_score(std::size_t k, std::span<const idx_t> chosen, const Context& context) const {
    std::vector<float> targets;
    double mean = 0;
    if (texts_.has_classes()) {
      const auto positive = static_cast<idx_t>(scores_ == 1 ? 1 : k);
      for (const idx_t row : chosen) targets.push_back(texts_.labels[row] == positive ? 1.0F : -1.0F);
    } else {
      for (const idx_t row : chosen) mean += static_cast<double>(texts_.numbers[row]);
      mean /= static_cast<double>(chosen.size());
      for (const idx_t row : chosen)
        targets.push_back(static_cast<float>(static_cast<double>(texts_.numbers[row]) - mean));
    }
    std::vector<float> scales;
    if (texts_.has_classes() && config_.nb) scales = ratios(targets, chosen);
    LinearFit fit = fit_linear({rows_, chosen, targets, scales}, options_, context.seed, context);
    fit.bias += static_cast<float>(mean);
    return fit;
  }

  std::vector<float> ratios(std::span<const float> targets, std::span<const idx_t> chosen) const {
    const auto smoothing = static_cast<double>(config_.smoothing);
    std::vector<double> of_class(rows_.cols, smoothing), of_others(rows_.cols, smoothing);
    for (std::size_t s = 0; s < chosen.size(); ++s) {
      std::vector<double>& counts = targets[s] > 0 ? of_class : of_others;
      for (const idx_t term : rows_.cols_of(chosen[s])) counts[term] += 1;
    }
    const double shift = std::log(std::accumulate(of_others.begin(), of_others.end(), 0.0) /
                                  std::accumulate(of_class.begin(), of_class.end(), 0.0));
    std::vector<float> ratios(rows_.cols);
    for (std::size_t t = 0; t < ratios.size(); ++t)
      ratios[t] = static_cast<float>(std::log(of_class[t] / of_others[t]) + shift);
    return ratios;
  }

  const LabelledTexts& texts_;
  const Csr& rows_;
  const TextLinear::Config& config_;
  LinearOptions options_;
  std::size_t scores_;
};

/// Probabilities from scores, of two classes from one.
void softmax(std::span<const double> scores, std::span<double> probabilities) {
  if (scores.size() == 1) {
    probabilities[1] = 1 / (1 + std::exp(-scores[0]));
    probabilities[0] = 1 / (1 + std::exp(scores[0]));
    return;
  }
  const double most = *std::ranges::max_element(scores);
  double sum = 0;
  for (std::size_t k = 0; k < scores.size(); ++k) sum += probabilities[k] = std::exp(scores[k] - most);
  for (double& p : probabilities) p /= sum;
}

/// Minus the mean log likelihood of the labels under softmax(scale f).
double log_loss(const LabelledTexts& texts, std::span<const double> scores, double scale) {
  const std::size_t dim = scores.size() / texts.size();
  std::vector<double> scaled(dim), probabilities(texts.classes.size());
  double loss = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t k = 0; k < dim; ++k) scaled[k] = scale * scores[i * dim + k];
    softmax(scaled, probabilities);
    loss -= std::log(std::max(probabilities[texts.labels[i]], 1e-300));
  }
  return loss / static_cast<double>(texts.size());
}

/// The scale of the least log loss, by golden section on its logarithm: the loss is convex in the scale.
double best_scale(const LabelledTexts& texts, std::span<const double> scores) {
  constexpr double kGolden = 0.6180339887498949;
  double low = std::log(0.01), high = std::log(100.0);
  double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
  double loss_left = log_loss(texts, scores, std::exp(left)),
         loss_right = log_loss(texts, scores, std::exp(right));
  while (high - low > 0.01) {
    if (loss_left <= loss_right) {
      high = right;
      right = left;
      loss_right = loss_left;
      left = high - kGolden * (high - low);
      loss_left = log_loss(texts, scores, std::exp(left));
    } else {
      low = left;
      left = right;
      loss_left = loss_right;
      right = low + kGolden * (high - low);
      loss_right = log_loss(texts, scores, std::exp(right));
    }
  }
  return std::exp((low + high) / 2);
}

double calibrated_scale(const LinearLearner& learner, const LabelledTexts& texts, const Context& context) {
  if (!texts.has_classes() || texts.size() < 2 * kCalibrationFolds) return 1;
  const std::vector<int> folds = stratified_folds(texts, kCalibrationFolds, context.seed);
  std::vector<double> scores(texts.size() * learner.scores());
  for (int fold = 0; fold < kCalibrationFolds; ++fold) {
    const auto [others, held_out] = rows_of_fold(folds, fold);
    const std::vector<LinearFit> fits = learner.fit(others, context);
    for (const idx_t row : held_out) {
      for (std::size_t k = 0; k < fits.size(); ++k)
        scores[row * fits.size() + k] = learner.score(fits[k], row);
    }
  }
  return best_scale(texts, scores);
}

}  // namespace

std::vector<Param> TextLinear::Config::params() {
  std::vector<Param> params;
  params.push_back(
      {"loss",
       &loss,
       "svm (squared hinge), logistic, or ridge (squared error); auto = svm of classes, ridge of numbers",
       0,
       0,
       {"auto", "svm", "logistic", "ridge"}});
  params.push_back({"regularization",
                    &regularization,
                    "lambda of lambda / 2 |w|^2 + the losses of all texts: 1 / C of support vector machines",
                    1e-6,
                    1e9,
                    {},
                    true,
                    {0.1, 100}});
  params.push_back(
      {"ngrams", &ngrams, "longest run of words that is a term", 1, NgramTable::kLongest, {}, false, {1, 3}});
  params.push_back({"min_count", &min_count, "leave out terms that fewer texts have", 1, 1'000'000});
  params.push_back({"nb", &nb, "weight terms by their naive Bayes log-count ratios (classes only)"});
  params.push_back({"smoothing", &smoothing, "added to the counts of these ratios", 1e-6, 1e6});
  WordOptions::add_params(params);
  return params;
}

std::unique_ptr<TextModel> TextLinear::fit(const TextFitInput& input, const Config& config,
                                           const Context& context) {
  const LabelledTexts& texts = input.texts;
  auto model = std::make_unique<TextLinear>();
  model->words_ = config;
  TextWords words(config);
  Csr rows;
  model->terms_ = NgramTable(texts.texts, words, config.ngrams, config.min_count, rows, context);
  if (model->terms_.size() == 0) {
    fail(ErrorCode::kBadData, "{}: no word is left to learn from{}", kName,
         config.min_count > 1 ? "; lower min_count" : ": the texts hold none");
  }
  const LinearLearner learner(texts, rows, config);
  const std::size_t dim = learner.scores(), terms = model->terms_.size();
  if (terms > kMostWeights / dim) {
    fail(ErrorCode::kBadData,
         "{}: {} terms of {} classes are too many weights; raise min_count or lower ngrams", kName, terms,
         dim);
  }
  std::vector<idx_t> all(texts.size());
  std::iota(all.begin(), all.end(), idx_t{0});
  const std::vector<LinearFit> fits = learner.fit(all, context);
  const auto scale = static_cast<float>(calibrated_scale(learner, texts, context));
  model->weights_.resize(terms * dim);
  for (std::size_t k = 0; k < dim; ++k) {
    model->biases_.push_back(scale * fits[k].bias);
    for (std::size_t t = 0; t < terms; ++t) model->weights_[t * dim + k] = scale * fits[k].weights[t];
  }
  model->class_ids_ = texts.classes;
  for (idx_t c = 0; c < texts.classes.size(); ++c) model->classes_.emplace_back(texts.classes.id(c));
  return model;
}

Matrix TextLinear::sums(std::span<const std::string_view> texts, const Context& context) const {
  Matrix result(texts.size(), dim());
  parallel_for(
      texts.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context.check_stop();
        TextWords words(words_);
        std::vector<NgramTable::Place> places;
        for (std::size_t i = begin; i < end; ++i) {
          terms_.find(words(texts[i]), places);
          const std::span<float> row = result[i];
          for (const NgramTable::Place& place : places) {
            const float* const weights = weights_.data() + place.column * dim();
            for (std::size_t k = 0; k < row.size(); ++k) row[k] += weights[k];
          }
        }
      },
      1024);
  return result;
}

Matrix TextLinear::vectors(std::span<const std::string_view> texts, const Context& context) const {
  return sums(texts, context);
}

Matrix TextLinear::predict(std::span<const std::string_view> texts, const Context& context) const {
  Matrix scores = sums(texts, context);
  if (classes_.empty()) {
    for (std::size_t i = 0; i < texts.size(); ++i) scores[i][0] += biases_[0];
    return scores;
  }
  Matrix result(texts.size(), classes_.size());
  std::vector<double> logits(dim()), probabilities(classes_.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t k = 0; k < dim(); ++k) logits[k] = static_cast<double>(scores[i][k] + biases_[k]);
    softmax(logits, probabilities);
    std::ranges::transform(probabilities, result[i].begin(), [](double p) { return static_cast<float>(p); });
  }
  return result;
}

std::optional<TextExplanation> TextLinear::explain(std::string_view text, std::size_t label) const {
  const bool two = classes_.size() == 2;
  const std::size_t k = two ? 0 : label;
  const double sign = two && label == 0 ? -1 : 1;
  TextWords words(words_);
  std::vector<NgramTable::Place> places;
  terms_.find(words(text), places);
  const std::span<const std::string_view> surfaces = words.surfaces(text);
  TextExplanation result{sign * static_cast<double>(biases_[k]), {}};
  for (const auto& [column, begin, length] : places) {
    const double score = sign * static_cast<double>(weights_[column * dim() + k]);
    result.parts.push_back({fmt::format("{}", fmt::join(surfaces.subspan(begin, length), " ")), score});
  }
  std::ranges::stable_sort(result.parts, std::greater{},
                           [](const TextPart& part) { return std::abs(part.score); });
  return result;
}

std::vector<TextPart> TextLinear::telling(std::size_t label, std::size_t count) const {
  const bool two = classes_.size() == 2;
  const std::size_t k = two ? 0 : label;
  const float sign = two && label == 0 ? -1.0F : 1.0F;
  std::vector<idx_t> terms(terms_.size());
  std::iota(terms.begin(), terms.end(), idx_t{0});
  count = std::min(count, terms.size());
  const auto weight = [&](idx_t term) { return sign * weights_[term * dim() + k]; };
  std::ranges::partial_sort(terms, terms.begin() + static_cast<std::ptrdiff_t>(count), [&](idx_t a, idx_t b) {
    return weight(a) != weight(b) ? weight(a) > weight(b) : a < b;
  });
  std::vector<TextPart> parts;
  for (std::size_t t = 0; t < count && weight(terms[t]) > 0; ++t)
    parts.push_back({terms_.name(terms[t]), static_cast<double>(weight(terms[t]))});
  return parts;
}

void TextLinear::save(TensorWriter& writer, const std::string& prefix) const {
  words_.save(writer, prefix + ".words");
  terms_.save(writer, prefix + ".terms");
  writer.tensor(prefix + ".weights", weights_);
  writer.tensor(prefix + ".biases", biases_);
  write_ids(writer, prefix + ".classes", class_ids_);
}

std::unique_ptr<TextModel> TextLinear::load(const TensorReader& reader, const std::string& prefix) {
  auto model = std::make_unique<TextLinear>();
  model->words_ = WordOptions::load(reader, prefix + ".words");
  model->terms_.load(reader, prefix + ".terms");
  model->class_ids_ = read_ids(reader, prefix + ".classes");
  const std::size_t classes = model->class_ids_.size();
  if (classes == 1 || classes > kMostWeights)
    reader.inconsistent(fmt::format("{} has {} classes", prefix, classes));
  const std::size_t dim = classes <= 2 ? 1 : classes;
  constexpr float kMost = 1e25F;  // sums of them are finite
  model->biases_ = reader.vector_in<float>(prefix + ".biases", dim, -kMost, kMost);
  model->weights_ = reader.vector_in<float>(prefix + ".weights", model->terms_.size() * dim, -kMost, kMost);
  for (idx_t c = 0; c < classes; ++c) model->classes_.emplace_back(model->class_ids_.id(c));
  return model;
}

}  // namespace akin
