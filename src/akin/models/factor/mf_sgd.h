// Biased matrix factorization of ratings.
#pragma once

#include "akin/models/model.h"

namespace akin {

/// Koren, Bell & Volinsky, "Matrix factorization techniques for recommender systems" (Computer 42(8), 2009),
/// eq. 5:
///
///   r_ui ~ mu + b_u + b_i + p_u . q_i
///   L = sum over ratings of (r_ui - that)^2 + lambda (|p_u|^2 + |q_i|^2) + lambda_b (b_u^2 + b_i^2)
///
/// with mu the mean rating, by stochastic gradient descent over the blocks of a BlockSchedule, the learning
/// rate shrinking by `decay` each epoch. Of repeated ratings the latest counts. Cost: O(ratings x factors)
/// per epoch.
///
/// An item without ratings has a zero vector and bias 0: it is predicted as an average item, which ranks it
/// in the middle.
class MfSgd : public Model {
 public:
  struct Config {
    int factors = 64;
    int epochs = 40;
    float learning_rate = 0.02f;
    float decay = 0.95f;
    float regularization = 0.1f;
    float bias_regularization = 0.02f;
    float init_sigma = 0.1f;
    std::vector<Param> params() {
      return {
          {"factors", &factors, "length of the vectors", 1, 4096, {}, true, {8, 256}},
          {"epochs", &epochs, "passes over the ratings", 0, 100000},
          {"learning_rate",
           &learning_rate,
           "step length of the first epoch, in rating units",
           1e-7,
           10,
           {},
           true,
           {2e-3, 0.1}},
          {"decay",
           &decay,
           "the step length is multiplied by this after every epoch",
           0.01,
           1,
           {},
           false,
           {0.85, 1}},
          {"regularization",
           &regularization,
           "lambda, the penalty on vectors",
           0,
           100,
           {},
           true,
           {0.01, 0.5}},
          {"bias_regularization",
           &bias_regularization,
           "lambda_b, the penalty on biases",
           0,
           100,
           {},
           true,
           {1e-3, 0.2}},
          {"init_sigma", &init_sigma, "vectors start from N(0, init_sigma^2)", 0, 100, {}, true},
      };
    }
  };
  static constexpr std::string_view kName = "mf-sgd";
  static constexpr std::string_view kSummary =
      "biased matrix factorization of ratings by SGD (Koren, Bell & Volinsky 2009)";
  static constexpr Traits kTraits = {.predicts_ratings = true, .passes = "epochs"};

  /// Reports the root mean squared error over each epoch, taken before the updates, as the loss.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, f + 2): [q_i, 1, b_i]
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return items_.cols() - 2; }
  /// [p_u, mu + b_u, 1], so that the dot product is the rating. The stored one of a user with training
  /// ratings, whatever the history; else the minimum of L over (p_u, b_u) given the items of the history, a
  /// ridge regression with penalties n lambda and n lambda_b. History without values counts as liked: each
  /// item as if rated with the upper quartile of the training ratings. Cost of the latter: O(n f^2 + f^3).
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

 private:
  struct FoldIn {
    float mean;
    float liked;  ///< rating of a history item without value
    float regularization;
    float bias_regularization;
  };
  struct Fit;
  MfSgd(Matrix users, Matrix items, const FoldIn& fold_in)
      : users_(std::move(users)), items_(std::move(items)), fold_in_(fold_in) {}

  Matrix users_;  // (n_users, f + 2): user vectors as returned, zero rows for users without ratings
  Matrix items_;
  FoldIn fold_in_;
};

}  // namespace akin
