// Matrix factorization of ratings by stochastic gradient descent.
#pragma once

#include <string>

#include "akin/models/fit/context.h"
#include "akin/models/rating/rating_factors.h"

namespace akin {

/// Koren, Bell & Volinsky, "Matrix factorization techniques for recommender systems" (Computer 42(8), 2009),
/// eq. 5:
///
///   r_ui ~ mu + b_u + b_i + p_u . q_i
///   L = sum over ratings of [ w_ui (r_ui - that)^2 + lambda_u |p_u|^2 + lambda_i |q_i|^2 +
///         lambda_b (b_u^2 + b_i^2) + 2 l1 (|p_u|_1 + |q_i|_1) ]
///
/// with mu the mean rating, by stochastic gradient descent over the blocks of a RatingGrid, the learning rate
/// shrinking by `learning_rate_decay` each epoch; l1 by proximal steps, which give exact zeros. `biases=false` is eq. 1-2:
/// r_ui ~ p_u . q_i, no mu, no biases. `penalty=rating` is the sum above, in which a row's penalty grows with
/// its ratings; `penalty=row` takes each row's penalty once, as in lambda_u sum_u |p_u|^2. Of repeated
/// ratings the latest counts. Cost: O(ratings x factors) per epoch;
/// memory O(ratings + (users + items) x factors).
///
/// An item without ratings has a zero vector and bias 0: it is predicted as an average item, which ranks it
/// in the middle.
///
/// Weights (`weights`), scaled to mean 1: "popularity" w_ui = n_i^-weight_power with n_i the item's number of
/// ratings, so that rare items count as much as popular ones at 1; "recency" w_ui = 2^(-age / half_life_days) with
/// the age before the latest rating of all; ratings without a time count as the oldest. Folding in weighs all
/// ratings alike.
class MfSgd : public RatingFactors {
 public:
  struct Config {
    int factors = 64;
    int epochs = 40;
    float learning_rate = 0.03f;
    float learning_rate_decay = 0.93f;
    float regularization = 0.08f;
    float user_regularization = -1;
    float item_regularization = -1;
    float bias_regularization = 0.04f;
    float l1 = 0;
    std::string penalty = "rating";
    bool biases = true;
    std::string weights = "none";
    float weight_power = 0.5f;
    float half_life_days = 365;
    float init_sigma = 0.03f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "mf-sgd";
  static constexpr std::string_view kSummary =
      "biased matrix factorization of ratings by SGD (Koren, Bell & Volinsky 2009)";
  static constexpr Traits kTraits = {.predicts_ratings = true,
                                     .iterative = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true};

  /// Reports the (weighted) root mean squared error over each epoch, taken before the updates, as the loss.
  /// Throws Error(kBadData) for weights=recency if no rating has a time.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Fit;
  explicit MfSgd(State state) : RatingFactors(std::move(state)) {}
};

}  // namespace akin
