// The inner loops of svdpp: a user's ratings, then an item's, each with its plain twin
// in namespace reference.
#pragma once

#include <span>

#include "akin/linalg/csr.h"
#include "akin/models/fit/factor_model.h"

namespace akin {

struct SvdppStep {
  float mean;  ///< mu
  float learning_rate;
  float regularization;           ///< lambda, of p and q
  float bias_regularization;      ///< lambda_b, of b_u and b_i
  float implicit_regularization;  ///< lambda_y
};

/// A few users under training, a row each.
struct UserBatch {
  /// (users, f): |N(u)|^-1/2 sum of y_j over N(u), while the user's ratings are gone through.
  Matrix implicit;
  Matrix effective;  ///< (users, f): p_u + implicit, after it
  Matrix gradient;   ///< (users, f): |N(u)|^-1/2 sum of e_ui q_i over the user's ratings
};

/// Steps over the ratings of one user, row `slot` of the batch, with the items as they are:
///   e = r - (mu + b_u + b_i + q_i . (p_u + implicit)),  b_u += lr (e - lambda_b b_u),
///   p_u += lr (e q_i - lambda p_u),  gradient += e q_i
/// Then gradient is multiplied by `share` = |N(u)|^-1/2, and effective = p_u + implicit. Returns the sum of
/// e^2, each as it was before its step.
double svdpp_user(std::span<const idx_t> items, std::span<const float> values, const SvdppStep& step,
                  FactorModel& model, idx_t user, UserBatch& batch_size, std::size_t slot, float share);

/// A rating of an item by a user of the batch.
struct BatchRating {
  idx_t user;
  std::uint32_t slot;  ///< the user's row in the batch
  float value;
};
/// Steps over the batch's ratings of one item, with the users as they are:
///   e = r - (mu + b_u + b_i + q_i . effective_u),  b_i += lr (e - lambda_b b_i),
///   q_i += lr (e effective_u - lambda q_i),  y_i += lr (gradient_u - lambda_y y_i)
/// `implicit` holds the y (n_items, f).
void svdpp_item(std::span<const BatchRating> ratings, const SvdppStep& step, const UserBatch& batch_size,
                idx_t item, FactorModel& model, Matrix& implicit);

namespace reference {
double svdpp_user(std::span<const idx_t> items, std::span<const float> values, const SvdppStep& step,
                  FactorModel& model, idx_t user, UserBatch& batch_size, std::size_t slot, float share);
void svdpp_item(std::span<const BatchRating> ratings, const SvdppStep& step, const UserBatch& batch_size,
                idx_t item, FactorModel& model, Matrix& implicit);
}  // namespace reference

}  // namespace akin
