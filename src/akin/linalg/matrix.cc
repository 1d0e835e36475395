#include "akin/linalg/matrix.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {

void Matrix::Free::operator()(float* pointer) const { std::free(pointer); }

Matrix::Matrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), stride_(padded(cols)) {
  if (empty()) return;
  const std::size_t bytes = rows_ * stride_ * sizeof(float);
  data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
  if (!data_) throw std::bad_alloc();
  std::memset(data_.get(), 0, bytes);
}

Matrix Matrix::normal(std::size_t rows, std::size_t cols, double sigma, std::uint64_t seed) {
  Matrix matrix(rows, cols);
  for (std::size_t r = 0; r < rows; ++r) {
    Rng rng(seed, r);
    for (float& value : matrix[r]) value = static_cast<float>(sigma * rng.normal());
  }
  return matrix;
}

Matrix Matrix::clone() const {
  Matrix copy(rows_, cols_);
  if (!empty()) std::memcpy(copy.data(), data(), rows_ * stride_ * sizeof(float));
  return copy;
}

Matrix Matrix::resized(std::size_t rows, std::size_t cols) const {
  Matrix copy(rows, cols);
  const std::size_t kept = std::min(cols_, cols);
  for (std::size_t r = 0; r < std::min(rows_, rows); ++r) std::copy_n(row(r), kept, copy.row(r));
  return copy;
}

void normalize_rows(Matrix& matrix) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    const float length = std::sqrt(dot(matrix.row(r), matrix.row(r), matrix.stride()));
    if (length > 0) scale(1 / length, matrix.row(r), matrix.stride());
  }
}

bool all_finite(const Matrix& matrix) {
  const Matrix zeros(1, matrix.cols());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    if (dot(matrix.row(r), zeros.row(0), matrix.stride()) != 0)
      return false;  // NaN and infinity times 0 are NaN
  }
  return true;
}

void write_matrix(TensorWriter& writer, const std::string& name, const Matrix& matrix) {
  writer.tensor(name, matrix.data(), matrix.rows(), matrix.cols(), matrix.stride());
}

Matrix read_matrix(const TensorReader& reader, const std::string& name, std::size_t rows) {
  const auto& shape = reader.shape(name);
  if (shape.size() != 2 || shape[0] != rows) {
    fail(ErrorCode::kBadData, "{}: tensor {} should be a matrix of {} rows", reader.path(), name, rows);
  }
  const auto values = reader.tensor<float>(name);
  Matrix matrix(shape[0], shape[1]);
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(r * shape[1]), shape[1], matrix[r].begin());
  }
  return matrix;
}

}  // namespace akin
