// The inner loops of bpr, warp and logistic-mf: a user's row against the rows of a few items at a time, each
// with its plain twin in namespace reference.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "akin/models/fit/factor_model.h"

namespace akin {

/// Items whose rows meet a user's row at once: as many sums as AVX2 keeps in registers beside their operands.
inline constexpr std::size_t kRankingRows = 9;

/// Users with an item they chose and the same number m of items drawn against it, in training order.
struct RankingBatch {
  std::size_t negatives = 1;  ///< m, at least 1
  std::vector<idx_t> users;   ///< one per positive
  /// 1 + m per positive: itself, then its negatives. A negative equal to the positive stands for none.
  std::vector<idx_t> items;

  std::size_t size() const { return users.size(); }
  void clear() {
    users.clear();
    items.clear();
  }
};

struct RankingStep {
  float learning_rate;
  float user_regularization;
  float item_regularization;      ///< of positives
  float negative_regularization;  ///< of negatives
};

/// Positives whose margins pairwise_steps() computes before it takes the first of their steps.
constexpr std::size_t pairwise_group(std::size_t negatives) { return negatives < 8 ? 8 / negatives : 1; }

/// For each positive (u, i) with negatives j_1..j_m, with x_k = b_i - b_jk + p_u . (q_i - q_jk) and
/// z_k = sigma(-x_k), one step of length learning_rate down the gradient of sum_k of
///   -ln sigma(x_k) + lambda_u/2 |p_u|^2 + lambda_i/2 (|q_i|^2 + b_i^2) + lambda_j/2 (|q_jk|^2 + b_jk^2):
///   p_u  += lr (sum_k z_k (q_i - q_jk) - m lambda_u p_u)
///   q_i  += lr (sum_k z_k p_u - m lambda_i q_i)      b_i  += lr (sum_k z_k - m lambda_i b_i)
///   q_jk += lr (-z_k p_u - lambda_j q_jk)            b_jk += lr (-z_k - lambda_j b_jk)
/// The z of pairwise_group(m) positives in a row are taken from the rows as they are before the first of
/// their steps, so that the exponentials of several steps are computed at once; more than 8 negatives are
/// taken 8 at a time. Returns the sum of -ln sigma(x_k), x cut to [-80, 80].
double pairwise_steps(const RankingBatch& batch, const RankingStep& step, FactorModel& model);

struct LogisticStep {
  float learning_rate;
  float regularization;
  float mean;  ///< mu: the log odds before anything is known
};
/// For each positive (u, i) and its negatives, with s_t = mu + b_u + b_t + p_u . q_t and y_i = 1, y_jk = 0,
/// one step of length learning_rate down the gradient of the sum over t = i, j_1..j_m of
///   ln(1 + exp(s_t)) - y_t s_t + lambda/2 (|p_u|^2 + |q_t|^2 + b_u^2 + b_t^2):
///   p_u += lr sum_t (e_t q_t - lambda p_u)     b_u += lr sum_t (e_t - lambda b_u)     e_t = y_t - sigma(s_t)
///   q_t += lr (e_t p_u - lambda q_t)           b_t += lr (e_t - lambda b_t)
/// all e_t of a positive taken before its steps. More than 9 items are taken in slices of 9 as above. Returns
/// the sum of ln(1 + exp(s)) - y s, s cut to [-80, 80].
double logistic_steps(const RankingBatch& batch, const LogisticStep& step, FactorModel& model);

/// out_t = rows_t . x over `stride` floats, for 1 to kRankingRows rows, each 64-byte aligned.
void products(const float* x, std::span<const float* const> rows, std::size_t stride, float* out);

/// A user, an item they chose and one they did not.
struct Triple {
  idx_t user = 0;
  idx_t positive = 0;
  idx_t negative = 0;
};
/// The step of pairwise_steps() for one triple, m = 1, with `weight` in place of z.
void weighted_pair_step(const Triple& triple, float weight, const RankingStep& step, FactorModel& model);

namespace reference {
double pairwise_steps(const RankingBatch& batch, const RankingStep& step, FactorModel& model);
double logistic_steps(const RankingBatch& batch, const LogisticStep& step, FactorModel& model);
void weighted_pair_step(const Triple& triple, float weight, const RankingStep& step, FactorModel& model);
}  // namespace reference

}  // namespace akin
