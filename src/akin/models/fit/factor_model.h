// The state of a factor model under training.
#pragma once

#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/models/fit/observer.h"

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

}  // namespace akin
