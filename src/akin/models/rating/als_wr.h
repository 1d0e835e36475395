// Matrix factorization of ratings by alternating least squares.
#pragma once

#include <string>

#include "akin/models/fit/context.h"
#include "akin/models/rating/rating_factors.h"

namespace akin {

/// Zhou, Wilkinson, Schreiber & Pan, "Large-scale parallel collaborative filtering for the Netflix Prize"
/// (AAIM 2008). Only the cells with a rating count:
///
///   r_ui ~ mu + b_u + b_i + p_u . q_i
///   L = sum over ratings of (r_ui - that)^2 + sum_u n_u^nu (lambda |p_u|^2 + lambda_b b_u^2) +
///       the same over items
///
/// with n the row's number of ratings and mu their mean. nu = 1 is the paper's weighted lambda, nu = 0 the
/// plain one; the default lies between and predicts better. The paper has no biases (`biases=false`: r_ui ~
/// p_u . q_i); here a row's bias is solved for together with its vector, as one more unknown. All users are
/// solved for given the items, then all items given the users, in turn: each half-step is a ridge regression
/// per row, so L never grows. A row costs O(n f^2 + f^3) by Cholesky ("exact"), or O(n f steps) by conjugate
/// gradient from the last solution ("cg"). The users of the finished model are exact with both, so folding in
/// a user's training history gives their stored vector. Of repeated ratings the latest counts. Memory:
/// O(ratings + (users + items) f).
///
/// An item without ratings has a zero vector and bias 0: it is predicted as an average item.
class AlsWr : public RatingFactors {
 public:
  struct Config {
    int factors = 32;
    int epochs = 6;
    float regularization = 2;
    float bias_regularization = 1;
    float count_power = 0.4f;
    bool biases = true;
    std::string solver = "cg";
    int cg_steps = 3;
    float init_sigma = 0.3f;
    bool report_loss = false;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "als-wr";
  static constexpr std::string_view kSummary =
      "matrix factorization of ratings by alternating least squares, weighted lambda (Zhou et al. 2008)";
  static constexpr Traits kTraits = {.predicts_ratings = true,
                                     .iterative = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true,
                                     .fetches_users = true};

  /// Reports L as the loss, or with report_loss=false nothing.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  class Fit;
  explicit AlsWr(State state) : RatingFactors(std::move(state)) {}
};

}  // namespace akin
