// Products of a large matrix with one of few columns, which a BLAS first copies into its own order at the cost of the
// product itself. Here the large one is read once, as it lies.
#pragma once

#include <cstddef>

namespace akin::nn {

/// Matrices are row-major: x (rows, inner) with few columns beside it, a multiple of kNarrowLanes up to kMostNarrow.
struct NarrowProduct {
  std::size_t rows, inner, columns;
};
inline constexpr std::size_t kNarrowLanes = 16, kMostNarrow = 32;

/// out (rows, columns) = x w, for rows `begin` .. `end` - 1; w (inner, columns). A row's bits do not depend on the range.
void narrow_product(const NarrowProduct& product, const float* x, const float* w, std::size_t begin,
                    std::size_t end, float* out);
/// sums (inner, columns) += x^T g, for their rows `begin` .. `end` - 1; g (rows, columns). The same holds.
void narrow_transposed_product(const NarrowProduct& product, const float* x, const float* g,
                               std::size_t begin, std::size_t end, float* sums);

}  // namespace akin::nn
