// The inner loop of fpmc, with its plain twin in namespace reference.
#pragma once

#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// Vectors and biases under training. All matrices have the same columns.
struct FpmcFactors {
  Matrix users;  ///< (n_users, f): p
  Matrix items;  ///< (n_items, f): q, of an item for a user
  Matrix last;   ///< (n_items + 1, f): l, of an item that another follows; the last row: of a session's begin
  Matrix next;   ///< (n_items, f): m, of an item that follows
  std::vector<float> bias;  ///< of items
};

/// A user's event, the one before it, and an item drawn against it.
struct FpmcTriple {
  idx_t user = 0;
  idx_t last = 0;
  idx_t positive = 0;
  idx_t negative = 0;  ///< another item
};

struct FpmcStep {
  float learning_rate;
  float regularization;
};

/// For each triple (u, l, i, j), one after the other, with x = b_i - b_j + p_u . (q_i - q_j) + l_l . (m_i - m_j) and
/// z = sigma(-x), a step of length learning_rate down the gradient of
///   -ln sigma(x) + lambda/2 (|p_u|^2 + |q_i|^2 + |q_j|^2 + |l_l|^2 + |m_i|^2 + |m_j|^2 + b_i^2 + b_j^2)
/// Returns the sum of -ln sigma(x) before the steps, x cut to [-80, 80].
double fpmc_steps(std::span<const FpmcTriple> triples, const FpmcStep& step, FpmcFactors& factors);

namespace reference {
double fpmc_steps(std::span<const FpmcTriple> triples, const FpmcStep& step, FpmcFactors& factors);
}  // namespace reference

}  // namespace akin
