// Kernels over a few rows gathered side by side, which stay in cache while a small system is made of them.
#pragma once

#include <span>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// Some rows of a matrix, or some of their columns.
struct Panel {
  const float* data;  ///< the first row
  std::size_t rows;
  std::size_t cols;    ///< what lies behind, up to a multiple of 16, is there to read
  std::size_t stride;  ///< floats from one row to the next
  /// Rows begin .. end - 1.
  Panel(const Matrix& matrix, std::size_t begin, std::size_t end)
      : data(matrix.row(begin)), rows(end - begin), cols(matrix.cols()), stride(matrix.stride()) {}
  /// `count` columns from `first`, a multiple of 16.
  Panel columns(std::size_t first, std::size_t count) const {
    Panel part = *this;
    part.data += first;
    part.cols = count;
    return part;
  }
};

/// Row k of `panel` <- scales_k times row which_k of `matrix`, component by component times `columns`; an
/// empty span means ones. `columns` holds stride() floats, and the panel has the matrix's stride.
struct Gather {
  std::span<const idx_t> which;
  std::span<const float> scales = {};
  std::span<const float> columns = {};
};
void gather_rows(const Matrix& matrix, const Gather& gather, Matrix& panel);

/// out <- out + sum_k left_k^T p_k over the panel's rows, upper triangle only; out is (cols, cols) or larger,
/// `left` has the panel's shape and stride. Entries left of the diagonal and the padding may be changed too.
/// Cost: rows cols^2 flops.
void add_outer(const Panel& panel, const float* left, Matrix& out);
/// The same with the panel itself on the left.
inline void add_gram(const Panel& panel, Matrix& out) { add_outer(panel, panel.data, out); }

/// out_ij <- p_i . p_j for i <= j < n over all columns of the first n rows of `panel`, which has n + 3 rows
/// or more, those beyond n zero; out is (n + 3, n + 3) or larger. Left of the diagonal, and from column n to
/// the next multiple of 16, it writes what need not be read.
void upper_products(const Matrix& panel, std::size_t n, Matrix& out);

/// out_k <- out_k - p_k . x, x holding cols floats, padded with zeros to a multiple of 16.
void subtract_products(const Panel& panel, const float* x, float* out);
/// out <- out + sum_k weights_k p_k; out holds cols floats, rounded up to a multiple of 16.
void weighted_sum(const Panel& panel, const float* weights, float* out);

/// Rows r of `rows` that `which` names <- (basis_0 . row_r, basis_1 . row_r, ...): their coordinates in the
/// orthonormal `basis` (d, d).
void rotate_rows(const Matrix& basis, std::span<const idx_t> which, Matrix& rows);

namespace reference {
void gather_rows(const Matrix& matrix, const Gather& gather, Matrix& panel);
void add_outer(const Panel& panel, const float* left, Matrix& out);
}  // namespace reference

}  // namespace akin
