#include "akin/linalg/row_product.h"

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin {

Matrix multiply_rows(const Matrix& rows, const Matrix& weights, const Context& context) {
  Matrix result(rows.rows(), weights.cols());
  parallel_for(rows.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t c = 0; c < rows.cols(); ++c)
        axpy(rows.row(r)[c], weights.row(c), result.row(r), weights.stride());
    }
  });
  return result;
}

Matrix multiply_rows(const Csr& rows, const Matrix& weights, const Context& context) {
  Matrix result(rows.rows(), weights.cols());
  parallel_for(rows.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t e = 0; e < rows.row_size(r); ++e)
        axpy(rows.values_of(r)[e], weights.row(rows.cols_of(r)[e]), result.row(r), weights.stride());
    }
  });
  return result;
}

Csr sparse_rows(const Matrix& rows) {
  Csr result;
  result.cols = rows.cols();
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t c = 0; c < rows.cols(); ++c) {
      if (rows.row(r)[c] == 0) continue;
      result.indices.push_back(static_cast<idx_t>(c));
      result.values.push_back(rows.row(r)[c]);
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

Csr side_by_side(std::span<const Csr> parts) {
  Csr result;
  if (parts.empty()) return result;
  for (std::size_t r = 0; r < parts[0].rows(); ++r) {
    std::size_t shift = 0;
    for (const Csr& part : parts) {
      AKIN_ASSERT(part.rows() == parts[0].rows());
      for (const idx_t column : part.cols_of(r)) result.indices.push_back(static_cast<idx_t>(shift + column));
      result.values.insert(result.values.end(), part.values_of(r).begin(), part.values_of(r).end());
      shift += part.cols;
    }
    result.offsets.push_back(result.indices.size());
  }
  for (const Csr& part : parts) result.cols += part.cols;
  return result;
}

}  // namespace akin
