// The inner loop of bpr: many updates of a block in one call, with its plain twin in namespace reference.
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

/// A user, an item they chose and one they did not.
struct Triple {
  idx_t user = 0;
  idx_t positive = 0;
  idx_t negative = 0;
};
struct RankingStep {
  float learning_rate;
  float regularization;
};
/// For each triple (u, i, j) in turn, with x = b_i - b_j + p_u . (q_i - q_j) and z = sigma(-x), one step of
/// length learning_rate down the gradient of -ln sigma(x) + lambda/2 (|p_u|^2 + |q_i|^2 + |q_j|^2 + b_i^2 +
/// b_j^2):
///   p_u += lr (z (q_i - q_j) - lambda p_u)
///   q_i += lr ( z p_u - lambda q_i)     b_i += lr ( z - lambda b_i)
///   q_j += lr (-z p_u - lambda q_j)     b_j += lr (-z - lambda b_j)
/// Returns the sum of -ln sigma(x), each as it was before its step.
double ranking_steps(std::span<const Triple> triples, const RankingStep& step, FactorModel& model);

namespace reference {
double ranking_steps(std::span<const Triple> triples, const RankingStep& step, FactorModel& model);
}  // namespace reference

}  // namespace akin
