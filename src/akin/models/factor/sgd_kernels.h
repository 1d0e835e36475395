// The inner loop of mf-sgd: many updates of a block in one call, with its plain twin in namespace reference.
#pragma once

#include <span>

#include "akin/linalg/matrix.h"
#include "akin/models/factor/block_schedule.h"
#include "akin/models/fit_observer.h"

namespace akin {

/// Vectors and biases under training.
struct FactorModel {
  Matrix users;  ///< (n_users, f): p
  Matrix items;  ///< (n_items, f): q, same stride
  std::vector<float> user_bias;
  std::vector<float> item_bias;
};

/// All of it, in place.
inline FitState state_of(FactorModel& model) {
  FitState state;
  state.add("users", model.users);
  state.add("items", model.items);
  state.add("user_bias", model.user_bias);
  state.add("item_bias", model.item_bias);
  return state;
}

struct RatingStep {
  float mean;  ///< mu
  float learning_rate;
  float regularization;       ///< of p and q
  float bias_regularization;  ///< of b_u and b_i
};
/// For each cell in turn, with e = r - (mu + b_u + b_i + p_u . q_i), one step of length learning_rate down
/// the gradient of
///   1/2 e^2 + lambda/2 (|p_u|^2 + |q_i|^2) + lambda_b/2 (b_u^2 + b_i^2):
///   b_u += lr (e - lambda_b b_u)      p_u += lr (e q_i - lambda p_u)
///   b_i += lr (e - lambda_b b_i)      q_i += lr (e p_u - lambda q_i)
/// Returns the sum of e^2, each as it was before its step.
double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model);

namespace reference {
double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model);
}  // namespace reference

}  // namespace akin
