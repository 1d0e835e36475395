// The inner loop of t-SNE, dispatched at run time to the best instruction set.
#pragma once

#include <cstddef>

namespace akin {

/// What pulls and pushes one point of the map: sums over the other points j of
/// w_ij = 1 / (1 + |y_i - y_j|^2).
struct TsneForces {
  float pull_x = 0, pull_y = 0;  ///< sum p_ij w_ij (y_i - y_j)
  float push_x = 0, push_y = 0;  ///< sum w_ij^2 (y_i - y_j)
  float weight = 0;              ///< sum w_ij
};

/// The forces on point `i` of n points at (x, y), with row i of the affinities, whose entry i is 0.
TsneForces tsne_forces(const float* affinities, const float* x, const float* y, std::size_t n, std::size_t i);

}  // namespace akin
