// From the items of a history to a user's vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin::towers {

/// With v_h the vectors of the history's items, h = 0 the latest, and x the user's attributes,
///
///   m = sum_h w_h v_h + x D,   w = softmax of theta_0 ... theta_{n-1},   u = m / |m|
///
/// and a score is exp(sigma) u . v_i.
struct UserTower {
  Matrix ages;        ///< theta (1, items looked back on)
  Matrix attributes;  ///< D (attributes, factors), or no rows
  Matrix sharpness;   ///< sigma (1, 1): ln(1 / temperature)

  std::size_t max_length() const { return ages.cols(); }
  float scale() const;
  UserTower clone() const { return {ages.clone(), attributes.clone(), sharpness.clone()}; }
};
UserTower initial_user_tower(std::size_t max_length, std::size_t attributes, std::size_t factors,
                             float temperature);

/// w of a history of n <= max_length() items, the oldest first.
void age_weights(const UserTower& tower, std::span<float> weights);

/// The history of a query, and its user's attributes.
struct UserInput {
  std::span<const std::uint32_t> rows;  ///< of the items' vectors, the oldest first, at most max_length()
  std::span<const idx_t> attributes;    ///< columns and values of x
  std::span<const float> values;
};
/// Writes u, of vectors.stride() numbers, and w; `vectors` may have more columns than factors. Returns |m|, at least 1e-12.
float user_vector(const UserTower& tower, const Matrix& vectors, const UserInput& input,
                  std::span<float> weights, float* u);
/// From the gradient of u, which is overwritten by that of m, to gradients that are added to: of the items' vectors and
/// the tower's.
struct UserGradients {
  Matrix& vectors;
  UserTower& tower;
};
void user_backward(const Matrix& vectors, const UserInput& input, std::span<const float> weights,
                   const float* u, float length, float* slope, UserGradients to);

}  // namespace akin::towers
