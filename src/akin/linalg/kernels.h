// Vector kernels, dispatched at run time to the best instruction set (SSE2 ... AVX-512) through Highway.
// Lengths may be anything; over Matrix rows pass stride(), whose padding is zero, and no remainder is ever
// handled. Each kernel has a plain twin in namespace reference, the oracle of its test.
#pragma once

#include <cstddef>

#include "akin/linalg/matrix.h"

namespace akin {

/// sum_i a_i b_i
float dot(const float* a, const float* b, std::size_t n);
/// y <- y + alpha x
void axpy(float alpha, const float* x, float* y, std::size_t n);
/// x <- alpha x
void scale(float alpha, float* x, std::size_t n);
/// out_i = row_i . x for i in [begin, end): rows of `matrix` (rows, d) against x of matrix.stride() floats,
/// zero-padded.
void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const float* x, float* out);
/// out[u * out_stride + i - begin] = queries_u . row_i for all rows u of `queries` (q, d) and i in [begin,
/// end): the register-blocked product behind full-ranking evaluation. Both matrices have the same stride.
void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const Matrix& queries, float* out,
              std::size_t out_stride);
/// gram <- sum over rows r in [begin, end) of row_r row_r^T; gram is (d, d), only its first cols() entries a
/// row matter.
void gram(const Matrix& matrix, std::size_t begin, std::size_t end, Matrix& out);
/// Name of the instruction set in use, such as "AVX2".
const char* instruction_set();

namespace reference {
float dot(const float* a, const float* b, std::size_t n);
void axpy(float alpha, const float* x, float* y, std::size_t n);
void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const Matrix& queries, float* out,
              std::size_t out_stride);
void gram(const Matrix& matrix, std::size_t begin, std::size_t end, Matrix& out);
}  // namespace reference

}  // namespace akin
