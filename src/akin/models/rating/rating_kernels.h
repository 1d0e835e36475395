// The inner loop of mf-sgd: many steps of a block in one call, with its plain twin in namespace reference.
#pragma once

#include <span>
#include <vector>

#include "akin/models/fit/block_schedule.h"
#include "akin/models/fit/factor_model.h"

namespace akin {

/// What a step down the gradient of a rating needs to know.
struct RatingStep {
  float mean = 0;  ///< mu; not looked at without biases
  float learning_rate = 0;
  float user_regularization = 0;  ///< lambda_u
  float item_regularization = 0;  ///< lambda_i
  float bias_regularization = 0;  ///< lambda_b, of b_u and b_i
  bool biases = true;             ///< false: the rating is p . q alone

  // The rest takes a slower loop; where none of it is given, the plain one runs.
  float l1 = 0;                         ///< penalty on absolute values
  std::span<const float> weights = {};  ///< w of each cell; empty = 1
  /// What a row's penalties are multiplied by at each of its ratings, per user and per item; empty = 1.
  std::span<const float> user_share = {};
  std::span<const float> item_share = {};
};

/// For each cell in turn, with e = r - (mu + b_u + b_i + p_u . q_i), one step of length learning_rate down
/// the gradient of
///   w/2 e^2 + s_u (lambda_u/2 |p_u|^2 + lambda_b/2 b_u^2) + s_i (lambda_i/2 |q_i|^2 + lambda_b/2 b_i^2):
///   b_u += lr (w e - s_u lambda_b b_u)      p_u += lr (w e q_i - s_u lambda_u p_u)
///   b_i += lr (w e - s_i lambda_b b_i)      q_i += lr (w e p_u - s_i lambda_i q_i)
/// and then the proximal step of s_u l1 |p_u|_1 + s_i l1 |q_i|_1, which moves each entry of p_u by lr s_u l1
/// towards 0 and not beyond, q_i alike. Returns the sum of w e^2, each as it was before its step.
double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model);

namespace reference {
double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model);
}  // namespace reference

}  // namespace akin
