// Linear models of words: NB-SVM, logistic regression, ridge regression.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/text/ngrams.h"
#include "akin/text/text_model.h"
#include "akin/text/text_words.h"

namespace akin {

/// Words and runs of words, each there or not, weighted by their naive Bayes log-count ratio r and by what a linear
/// model learns (NB-SVM: Wang & Manning, "Baselines and bigrams", ACL 2012, without its interpolation):
///
///   r_t = ln((a + n_t) / sum(a + n)) - ln((a + m_t) / sum(a + m)), n_t texts of the class and m_t others with the term t
///   f_c(text) = b_c + sum over the text's terms of w_ct r_ct
///
/// with w, b from fit_linear(). Of two classes there is one f, of more one each, against all others. Probabilities are
/// softmax(s f), of two classes sigmoid(s f): the scale s minimizes the log loss on scores of texts that the model of
/// their third has not seen (temperature scaling, Guo et al., ICML 2017), so that the most probable class is the
/// one with the largest f. A regression predicts f.
class TextLinear final : public TextModel {
 public:
  struct Config : WordOptions {
    std::string loss = "auto";
    float regularization = 10;
    int ngrams = 2;
    int min_count = 1;
    bool nb = true;
    float smoothing = 1;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "text-linear";
  static constexpr std::string_view kSummary =
      "linear model of words and pairs of words: NB-SVM (Wang & Manning 2012), logistic or ridge regression";
  static std::unique_ptr<TextModel> fit(const TextFitInput& input, const Config& config,
                                        const Context& context);
  static std::unique_ptr<TextModel> load(const TensorReader& reader, const std::string& prefix);

  std::string_view name() const override { return kName; }
  const std::vector<std::string>& classes() const override { return classes_; }
  Matrix predict(std::span<const std::string_view> texts, const Context& context) const override;
  /// What the words of a text add to s f of each class, of two classes of the second, without b.
  std::size_t dim() const override { return biases_.size(); }
  Matrix vectors(std::span<const std::string_view> texts, const Context& context) const override;
  std::optional<TextExplanation> explain(std::string_view text, std::size_t label) const override;
  void save(TensorWriter& writer, const std::string& prefix) const override;
  std::vector<TextPart> telling(std::size_t label, std::size_t count) const override;

 private:
  /// (texts, dim) sums over the terms of each text.
  Matrix sums(std::span<const std::string_view> texts, const Context& context) const;

  WordOptions words_;
  NgramTable terms_;
  IdMap class_ids_;  // the same names
  std::vector<std::string> classes_;
  std::vector<float> weights_;  // (terms, dim), scale and ratio multiplied in
  std::vector<float> biases_;   // by score, likewise
};

}  // namespace akin
