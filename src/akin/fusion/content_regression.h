// Regression on the content of items: what is said of all users, and of each by the items they had.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/fusion/content_model.h"
#include "akin/optim/dual_descent.h"
#include "akin/text/text_model.h"

namespace akin {

/// What both regressions are asked.
struct RegressionConfig {
  std::string encoder = "tfidf";
  std::string fields = "title";
  std::string file = "";
  std::string encoder_params = "";
  float regularization = 100;
  float item_regularization = 30;
  float user_regularization = 10;

  void add_params(std::vector<Param>& params);
};

/// With x_i the vector of item i by any encoder,
///
///   score(u, i) = m + b_u + b_i + <w, x_i> + <w_u, x_i>
///
/// w and the item biases b_i minimize lambda / 2 |w|^2 + lambda_i / 2 |b|^2 + the losses of all training events; an item
/// without events has b_i = 0. w_u minimizes lambda_u / 2 |w_u|^2 + the losses of the history, all else being fixed: what
/// a user's weights differ from everybody's. It is found from the history asked with, by fit_linear(), so any user can
/// be folded in, and nothing is stored of single users. Cost of a query: a few passes over the entries of the history's
/// vectors, then one over those of all items.
class ContentRegression : public ContentModel {
 public:
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// What each dimension of the item's vector adds, such as a word: base + the sum of parts = the score. Nothing where
  /// explain() says nothing, and where dimensions have no meaning of their own.
  std::optional<TextExplanation> explain_words(const Query& query, idx_t item) const;
  void save(TensorWriter& writer) const override;

 protected:
  struct Global {
    std::vector<float> weights;      // w, by dimension
    std::vector<float> item_biases;  // b_i, by item
    float mean = 0;                  // m
  };
  /// What a history says of its user.
  struct Personal {
    float bias = 0;  // b_u
    std::vector<idx_t> items;
    LinearFit fit;  // w_u; coefficients by item first
  };
  ContentRegression(std::unique_ptr<ContentEncoder> encoder, const ItemContent& content,
                    const RegressionConfig& config, const Context& context);
  ContentRegression() = default;
  void restore(const TensorReader& reader, std::size_t n_items);
  static std::unique_ptr<ContentEncoder> fit_encoder(const TrainingData& data, const ItemContent& content,
                                                     const RegressionConfig& config, const Context& context);
  /// w and b of samples that are items, with targets and costs; `bias` as in LinearProblem goes to the mean.
  Global fit_global(const LinearProblem& samples, LinearLoss loss, const RegressionConfig& config,
                    const Context& context) const;
  void set_global(Global global);
  /// The vectors of all items.
  const Csr& rows() const { return encoder()->is_sparse() ? sparse_vectors() : dense_rows_; }
  /// Each item of the history that has a vector, once, ascending, with its latest value; empty values: none are given.
  static void unique_items(const Query& query, std::vector<idx_t>& items, std::vector<float>& values);
  /// False if the history holds nothing to learn from.
  virtual bool personal(const Query& query, Personal& result) const = 0;
  /// Whether the item may be in a list. (A rating can be predicted of any.)
  virtual bool is_placed(idx_t) const { return true; }

  Global global_;
  std::vector<float> shared_;  // m + b_i + <w, x_i>, by item
  float user_regularization_ = 1;

 private:
  void finish();
  float personal_score(const Personal& personal, idx_t item) const;
  Csr dense_rows_;  // of an encoder that is not sparse
};

/// Ridge regression of ratings. b_u = sum of the rests / (lambda_bu + n_u), in turns with w and b_i.
class ContentRidge final : public ContentRegression {
 public:
  struct Config : RegressionConfig {
    float user_bias_regularization = 5;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "content-ridge";
  static constexpr std::string_view kSummary =
      "ridge regression of ratings on the content of items, for all users and each one";
  static constexpr Traits kTraits = {.predicts_ratings = true, .explains = true, .uses_content = true};
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  void save(TensorWriter& writer) const override;

 private:
  using ContentRegression::ContentRegression;
  ContentRidge() = default;
  bool personal(const Query& query, Personal& result) const override;
  float user_bias(std::span<const idx_t> items, std::span<const float> ratings) const;
  float user_bias_regularization_ = 1;
  float liked_ = 0;  // rating of a history item where none is known: the upper quartile
};

/// Logistic regression of choices: each event is an item chosen, beside `negatives` items that were not. For w and b_i
/// all items are such in equal parts; for w_u a sample of them, drawn once.
class ContentLogistic final : public ContentRegression {
 public:
  struct Config : RegressionConfig {
    Config() {
      regularization = 1000;
      user_regularization = 0.1F;
    }
    int negatives = 5;
    int sample = 500;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "content-logistic";
  static constexpr std::string_view kSummary =
      "logistic regression of choices on the content of items, for all users and each one";
  static constexpr Traits kTraits = {.explains = true, .uses_content = true};
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  void save(TensorWriter& writer) const override;

 private:
  using ContentRegression::ContentRegression;
  ContentLogistic() = default;
  bool personal(const Query& query, Personal& result) const override;
  bool is_placed(idx_t item) const override;
  std::vector<idx_t> sample_;  // items that stand for those not chosen, ascending
  float negatives_ = 1;
};

}  // namespace akin
