// What the factor models of ratings share: layout of vectors, folding in, files, where a fit begins.
#pragma once

#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/warm_start.h"
#include "akin/models/model.h"
#include "akin/models/rating/rating_ridge.h"

namespace akin {

/// The ratings a model is fitted to; of repeated ratings the latest counts.
struct Ratings {
  Csr by_user;
  float mean;
  float liked;  ///< their upper quartile, at least the mean: what an item without a rating is taken for
};
/// Throws Error(kBadData) naming `model` if there are none. The matrix has the rows of this rank's users, the
/// numbers are those of all; the same at any number of threads and ranks. Collective; bytes sent: 4 per own rating
/// and other rank.
Ratings training_ratings(const TrainingData& data, std::string_view model, const Context& context);

/// The step length of an epoch, counted from 0: rate decay^epoch.
float decayed_rate(float rate, float decay, int epoch);

/// A trained model r_ui ~ mu + b_u + b_i + p_u . q_i, or p_u . q_i, however it was fitted.
class RatingFactors : public Model {
 public:
  /// What folding in needs to know of the fit.
  struct FoldIn {
    RatingLayout layout;
    float liked = 0;     ///< rating of a history item without value
    RatingPenalty user;  ///< of p_u and b_u
    RatingPenalty item;  ///< of q_i and b_i
  };

  /// (n_items, f + 2): [q_i, 1, b_i], or without biases (n_items, f)
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return fold_in_.layout.factors(items_.cols()); }
  /// [p_u, mu + b_u, 1], so that the dot product is the rating. The stored one of a user with training
  /// ratings, whatever the history; else the minimum of the loss over (p_u, b_u) given the items of the
  /// history, a ridge regression. History without values counts as liked: each item as if rated with the
  /// upper quartile of the training ratings. Cost of the latter: O(n f^2 + f^3).
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// The minimum of the loss over (q_i, b_i) given the users who rated it.
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

  const Matrix& user_vectors() const { return users_; }
  const FoldIn& numbers() const { return fold_in_; }

 protected:
  struct State {
    Factors factors;
    FoldIn numbers;
  };
  explicit RatingFactors(State state)
      : users_(std::move(state.factors.users)),
        items_(std::move(state.factors.items)),
        fold_in_(state.numbers) {}
  /// What save() stored.
  static State load_state(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  /// Of select_users().
  State select_state(std::span<const idx_t> users) const {
    return {{Matrix::gather(users_, users), items_.clone()}, fold_in_};
  }

 private:
  Matrix users_;
  Matrix items_;
  FoldIn fold_in_;
};

/// The numbers of a fit as it begins: of the old model if there is one, so that its mean stays the mean.
RatingLayout start_layout(const Ratings& ratings, bool biases, const RatingFactors* old);

/// Vectors of the layout from bare ones: users [p, mu + b_u, 1], items [q, 1, b_i]. Rows of users without
/// ratings, as `user_counts` says, stay zero. Without biases both are clones, and the biases are not looked at.
Matrix user_rows(const Matrix& users, std::span<const float> biases, const RatingLayout& layout,
                 std::span<const std::uint32_t> user_counts);
Matrix item_rows(const Matrix& items, std::span<const float> biases, const RatingLayout& layout);
/// The way back, to vectors and biases as they are trained.
FactorModel narrow(const Factors& rows, const RatingLayout& layout);

}  // namespace akin
