// Non-negative matrix factorization of ratings.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/params.h"
#include "akin/models/model.h"

namespace akin {

/// Ratings as a sum of tastes that can only add: r_ui ~ mu + b_u + b_i + w_u . h_i with w, h >= 0 (Zhang,
/// Wang, Ford & Makedon, "Learning from incomplete ratings using non-negative matrix factorization", SDM
/// 2006, with biases; biases=no: w_u . h_i alone). fit() minimizes over the ratings there are
///
///   L = sum_ui (r_ui - mu - b_u - b_i - w_u . h_i)^2
///       + sum_u n_u (lambda |w_u|^2 + lambda_b b_u^2) + sum_i n_i (lambda |h_i|^2 + lambda_b b_i^2)
///
/// (n = ratings of the row, mu = their mean), by least squares with these bounds for all users, then for all
/// items, in turn: `sweeps` sweeps of coordinate descent over each row. L never rises and is reported as the
/// loss. Of repeated ratings the latest counts. The last users are the exact minimum for the items. Cost of a
/// epoch: O(ratings f^2 + (users + items) f^2 sweeps). The same bits at any thread count.
///
/// An item without ratings is predicted as an average item.
class NmfRating : public Model {
 public:
  struct Config {
    int factors = 16;
    int epochs = 30;
    int sweeps = 5;
    float regularization = 0.1f;
    float bias_regularization = 0.02f;
    bool biases = true;
    std::vector<Param> params() {
      return {
          {"factors", &factors, "dimension of the vectors", 1, 1024, {}, true, {4, 64}},
          {"epochs", &epochs, "epochs; each updates all user and item vectors", 0, 10000},
          {"sweeps", &sweeps, "coordinate descent sweeps per row in each epoch", 1, 1000},
          {"regularization",
           &regularization,
           "lambda, the L2 penalty on the vectors",
           0,
           1e6,
           {},
           true,
           {0.01, 1}},
          bias_regularization_param(&bias_regularization, 1e6, {1e-3, 0.3}),
          {"biases", &biases, "use user and item biases"},
      };
    }
  };
  static constexpr std::string_view kName = "nmf-rating";
  static constexpr std::string_view kSummary =
      "non-negative matrix factorization of ratings (Zhang, Wang, Ford & Makedon 2006)";
  static constexpr Traits kTraits = {
      .predicts_ratings = true, .iterative = true, .warm_start = true, .takes_item_vectors = true};

  /// Throws Error(kBadData) without ratings, or if they overflow or, with biases=no, are negative;
  /// Error(kUsage) if given item vectors have negative entries.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, f + 2): [h_i, 1, b_i]
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return items_.cols() - 2; }
  /// [w_u, mu + b_u, 1]. The stored one of a user with training ratings, whatever the history; else the
  /// minimum of L for the history, whose items without values count as rated with the upper quartile of the
  /// training ratings.
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// The minimum of L for the users who rated the item; a rating left out counts as that quartile.
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Objective {
    float mean;   ///< mu; 0 without biases
    float liked;  ///< rating of a history item without value
    float regularization;
    float bias_regularization;
    bool biases;
  };
  class RowStep;
  class Fit;
  NmfRating(Factors factors, const Objective& objective)
      : users_(std::move(factors.users)), items_(std::move(factors.items)), objective_(objective) {}

  Matrix users_;  // (n_users, f + 2): user vectors as returned, zero rows for users without ratings
  Matrix items_;
  Objective objective_;
};

}  // namespace akin
