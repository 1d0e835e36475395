// Models of texts: trained, evaluated, cross-validated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/encode/text_models.h"
#include "akin/eval/metric.h"
#include "akin/experiment/resampling.h"
#include "akin/text/labelled_texts.h"

namespace akin {

class PictureMemo;

struct TextTrainOptions {
  std::string model;  ///< as find_text_model()
  ParamValues params = {};
  /// Share of the texts to learn from that is held out to stop training early, by models that do; 0 = none. Not set = a
  /// tenth by models that do, unless validation texts are given.
  std::optional<double> validation_share = {};
  std::string word_vectors = "";  ///< as read_word_vectors(), of models that look at them
  /// Texts that cross_validate() keeps on one side, such as near-duplicates.
  TextPairs together = {};
  /// Of models that take one (takes_picture_memo()): vectors that are known;
  /// cross_validate() has one of its own if there is none.
  std::shared_ptr<PictureMemo> memo = nullptr;
  /// Of nets: file that keeps the last whole epoch, also of a fit that is cancelled; and whether to continue from it, if
  /// it is there, with the same model, parameters, seed and texts.
  std::string checkpoint = "";
  bool resume = false;
};

/// Fits the model; `validation`, if given, takes the place of the share. Throws Error(kUsage) for unknown models and
/// parameters, and for what the model does not look at; Error(kBadData), also for a checkpoint of another fit;
/// Error(kCancelled).
StoredTextModel train_text_model(const TextTrainOptions& options, const LabelledTexts& texts,
                                 const LabelledTexts* validation, const Context& context);

/// How the texts of one class were answered.
struct ClassScores {
  std::string name;
  std::uint64_t texts = 0;      ///< of the class
  std::uint64_t predicted = 0;  ///< texts that were said to be of the class
  std::uint64_t correct = 0;
  double precision = 0, recall = 0, f1 = 0;  ///< NaN without a text to count
};

struct TextEvaluation {
  bool of_pictures = false;  ///< in place of texts
  /// Of classes accuracy, log loss and macro F1 (mean over classes, 0 for one that is never predicted rightly); of numbers
  /// RMSE, MAE and R2. With intervals over texts where they are means over texts.
  std::vector<Metric> metrics;
  /// Accuracy of the most frequent class of the evaluated texts, or RMSE of their mean.
  double constant = 0;
  std::vector<ClassScores> classes;                   ///< of numbers empty
  std::vector<std::vector<std::uint64_t>> confusion;  ///< [class][predicted class]
  std::vector<std::uint32_t> predicted;               ///< of each text, a class; of numbers empty
  std::vector<float> probability;                     ///< of the class that was predicted
  std::vector<double> folds;        ///< the first metric by fold or split, of a cross-validation
  std::vector<std::string> chosen;  ///< by fold or split: the parameters it chose, such as "neighbors=5"
  bool random_splits = false;       ///< in place of folds
  std::vector<idx_t>
      tested;  ///< of a cross-validation: the texts that were told, in the order of `predicted`
  std::uint64_t texts = 0;
  double seconds = 0;  ///< fits and predictions
};

/// The labels of `texts` must be indices of the model's classes (with_classes()). Throws Error(kCancelled).
TextEvaluation evaluate_text_model(const TextModel& model, const LabelledTexts& texts,
                                   const Context& context);

/// The texts that each fold or split holds out (resample()) are predicted by a model of the others; without checkpoints. Vectors of
/// pictures are computed once. Throws as train_text_model() and resample().
TextEvaluation cross_validate(const TextTrainOptions& options, const LabelledTexts& texts,
                              const Resampling& how, const Context& context);

}  // namespace akin
