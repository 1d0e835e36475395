// Matrix factorization of ratings with implicit feedback.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/models/rating/rating_factors.h"

namespace akin {

/// Koren, "Factorization meets the neighborhood: a multifaceted collaborative filtering model" (KDD 2008),
/// the SVD++ of eq. 15:
///
///   r_ui ~ mu + b_u + b_i + q_i . (p_u + |N(u)|^-1/2 sum of y_j over j in N(u))
///   L = sum over ratings of [ (r_ui - that)^2 + lambda (|p_u|^2 + |q_i|^2) + lambda_b (b_u^2 + b_i^2) ] +
///       lambda_y sum_u sum over N(u) of |y_j|^2
///
/// with N(u) the items that u rated, high or low, and mu the mean rating. By stochastic gradient descent, for
/// some users at a time ("a batch"): first each user's ratings are gone through with the items as they are,
/// which moves p_u and b_u and adds up what the user's errors ask of all y_j, once per user in place of once
/// per rating; then each item's, which moves q_i, b_i and y_i with the users as they are. Users of a batch
/// touch none of each other's rows, nor do items, so threads share the work and the bits do not depend on
/// their number. Of repeated ratings the latest counts. Cost: O(ratings x factors) per epoch; memory
/// O(ratings + (users + 2 items) x factors).
///
/// The user vector is the effective one, p_u + |N(u)|^-1/2 sum y_j. Folding in a user takes y of their items
/// as it is and solves for p_u and b_u; an item folded in has y = 0. An item without ratings has a zero
/// vector and bias 0: it is predicted as an average item.
class Svdpp : public RatingFactors {
 public:
  struct Config {
    int factors = 32;
    int epochs = 20;
    float learning_rate = 0.01f;
    float learning_rate_decay = 0.97f;
    float regularization = 0.08f;
    float bias_regularization = 0.01f;
    float implicit_regularization = 0.2f;
    float init_sigma = 0.05f;
    int batch_size = 128;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "svdpp";
  static constexpr std::string_view kSummary =
      "SVD++: matrix factorization of ratings with implicit feedback (Koren 2008)";
  static constexpr Traits kTraits = {
      .predicts_ratings = true, .iterative = true, .warm_start = true, .takes_item_vectors = true};

  /// Reports the root mean squared error over each epoch, taken before the updates, as the loss.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// As RatingFactors::user_vector(), [p_u + |N|^-1/2 sum y_j, mu + b_u, 1], N = the history's items.
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  class Fit;
  Svdpp(State state, Matrix implicit) : RatingFactors(std::move(state)), implicit_(std::move(implicit)) {}

  Matrix implicit_;  // (n_items, f): y
};

}  // namespace akin
