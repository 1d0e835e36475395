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

/// A product of parts of matrices, for threads that divide one: C (rows, columns) of stride c_stride, B (inner, columns)
/// of stride b_stride. B and C begin at multiples of 64 bytes, strides and columns are multiples of 16.
struct PartProduct {
  StridedMatrix a;
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;
  const float* b;
  std::size_t b_stride;
  float* c;
  std::size_t c_stride;
};
/// C <- C + A B, with the same bits as where it is a part of a larger product.
void add_product(const PartProduct& product);

namespace reference {
void add_product(StridedMatrix a, std::size_t rows, std::size_t inner, const Matrix& b, Matrix& c);
}

}  // namespace akin
