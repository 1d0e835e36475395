// Item vectors that are made of the items' content.
#pragma once

#include <cstddef>

#include "akin/linalg/matrix.h"

namespace akin::attention {

/// The vector of item i is e_i = f_i W + delta_i, with f_i a frozen vector of its content.
struct ContentWeights {
  Matrix map;     ///< W (features, factors)
  Matrix deltas;  ///< delta (items, factors)
  ContentWeights clone() const { return {map.clone(), deltas.clone()}; }
};

/// Rows [begin, end) of `items` <- f W + delta; rows beyond those of `deltas` have none. Each row depends on its own row of
/// `features` alone, to the last bit.
void place_items(const Matrix& features, const ContentWeights& weights, std::size_t begin, std::size_t end,
                 Matrix& items);

/// Rows [begin, end) of the gradient of W <- those of f^T slopes, with the gradients of all items' vectors.
void map_gradient(const Matrix& features, const Matrix& slopes, std::size_t begin, std::size_t end,
                  Matrix& gradient);

/// Scales a row (of Matrix::stride() numbers) down to a length of at most `most`.
void bound_length(float* row, std::size_t n, float most);

}  // namespace akin::attention
