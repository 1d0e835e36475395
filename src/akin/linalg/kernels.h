// Vector kernels, dispatched at run time to the best instruction set (SSE2 ... AVX-512) through Highway.
// Lengths may be anything; over Matrix rows pass stride(), whose padding is zero, and no remainder is ever
// handled. Each kernel has a plain twin in namespace reference, the oracle of its test.
#pragma once

#include <cstddef>
#include <span>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// sum_i a_i b_i
float dot(const float* a, const float* b, std::size_t n);
/// y <- y + alpha x
void axpy(float alpha, const float* x, float* y, std::size_t n);
/// x <- alpha x
void scale(float alpha, float* x, std::size_t n);
/// out_i = row_i . x for i in [begin, end): rows of `matrix` (rows, d) against x of matrix.stride()
/// floats, zero-padded.
void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const float* x, float* out);
/// The first `count` rows of a matrix.
struct FirstRows {
  FirstRows(const Matrix& all) : matrix(all), count(all.rows()) {}
  FirstRows(const Matrix& all, std::size_t n) : matrix(all), count(n) {}
  const Matrix& matrix;
  std::size_t count;
};
/// out[u * out_stride + i - begin] = queries_u . row_i for all rows u of `queries` (q, d) and i in
/// [begin, end): the register-blocked product behind full-ranking evaluation.
/// Both matrices have the same stride.
void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, FirstRows queries, float* out,
              std::size_t out_stride);
/// gram <- sum over rows r in [begin, end) of row_r row_r^T; gram is (d, d), only its first cols() entries a
/// row matter.
void gram(const Matrix& matrix, std::size_t begin, std::size_t end, Matrix& out);
/// out <- out + sum_i weights_i row_i over all rows of `matrix` (rows, d); out holds stride() floats. With a
/// symmetric matrix: the matrix-vector product, without a sum across lanes.
void weighted_sum(const Matrix& matrix, const float* weights, float* out);

/// Some rows y_k of a matrix, each with a constant and a weight, as the least-squares solvers need them.
/// `constants` and `weights` are as long as `rows`; an empty span means zeros.
struct RowTerms {
  std::span<const idx_t> rows;
  std::span<const float> constants;
  std::span<const float> weights;
};
/// out <- out + sum_k (constants_k + weights_k (y_k . x)) y_k; x and out hold matrix.stride() floats, 64-byte
/// aligned as rows of a Matrix are. x is not read if there are no weights. Cost: 4 d flops per row, one pass
/// over the rows.
void gather_multiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out);
/// sum_k weights_k (y_k . x)^2; constants are not used. Cost: 2 d flops per row.
float gather_energy(const Matrix& matrix, const RowTerms& terms, const float* x);
/// out <- out + sum_k weights_k y_k y_k^T, upper triangle only; out is (d, d). Constants are not used.
void gather_gram(const Matrix& matrix, const RowTerms& terms, Matrix& out);
/// The first i with x_i >= bar (NaN is not), or n.
std::size_t find_at_least(const float* x, std::size_t n, float bar);
/// Name of the instruction set in use, such as "AVX2".
const char* instruction_set();

namespace reference {
float dot(const float* a, const float* b, std::size_t n);
void axpy(float alpha, const float* x, float* y, std::size_t n);
void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const Matrix& queries, float* out,
              std::size_t out_stride);
void gram(const Matrix& matrix, std::size_t begin, std::size_t end, Matrix& out);
void weighted_sum(const Matrix& matrix, const float* weights, float* out);
void gather_multiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out);
float gather_energy(const Matrix& matrix, const RowTerms& terms, const float* x);
void gather_gram(const Matrix& matrix, const RowTerms& terms, Matrix& out);
}  // namespace reference

}  // namespace akin
