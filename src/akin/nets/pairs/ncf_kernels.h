// What a tile of pairs does between the products of its layers. Rows are those of Matrix: padded with zeros.
#pragma once

#include <cstddef>
#include <span>

#include "akin/linalg/matrix.h"

namespace akin {

/// sum_k h_k p_k q_k over n floats, a multiple of 16.
float triple_dot(const float* h, const float* p, const float* q, std::size_t n);

/// Of y = sum_k h_k p_k q_k, given dy: dp = dy h q, dq = dy h p, and dh += dy p q unless dh is null.
void triple_gradient(float dy, const float* h, const float* p, const float* q, std::size_t n, float* dp,
                     float* dq, float* dh);

/// x <- max(0, x) in the first `rows` rows.
void relu(std::size_t rows, Matrix& x);
/// dx <- 0 where x is not positive.
void relu_gradient(std::size_t rows, const Matrix& x, Matrix& dx);
/// out_s = factors_s row for s < factors.size().
void outer(std::span<const float> factors, const float* row, Matrix& out);
/// row += sum over the first `rows` rows of x.
void add_rows(std::size_t rows, const Matrix& x, float* row);
/// x <- x * y entry by entry in the first `rows` rows.
void multiply_entries(std::size_t rows, const Matrix& y, Matrix& x);

}  // namespace akin
