// Products of small matrices: the layers of neural nets, a few rows at a time.
#pragma once

#include <cstddef>

#include "akin/linalg/matrix.h"

namespace akin {

/// A matrix whose entry (i, k) is data[i * row + k * column].
struct StridedMatrix {
  const float* data;
  std::size_t row;
  std::size_t column;
};
/// The first rows of a matrix as they are, and its transpose.
inline StridedMatrix as_is(const Matrix& matrix) { return {matrix.data(), matrix.stride(), 1}; }
inline StridedMatrix transposed(const Matrix& matrix) { return {matrix.data(), 1, matrix.stride()}; }

/// C <- C + A B over the first rows of C: A (rows, inner), B (inner, n), C (rows, n),
/// n = b.cols() = c.cols(). Registers hold a block of C while A and B pass by, so all of it should fit the
/// second cache. The sum over `inner` goes in order, whatever the instruction set's width.
void add_product(StridedMatrix a, std::size_t rows, std::size_t inner, const Matrix& b, Matrix& c);

namespace reference {
void add_product(StridedMatrix a, std::size_t rows, std::size_t inner, const Matrix& b, Matrix& c);
}

}  // namespace akin
