#include "akin/linalg/matrix.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/huge_pages.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"

namespace akin {

void Matrix::Free::operator()(float* pointer) const { std::free(pointer); }

Matrix Matrix::blank(std::size_t rows, std::size_t cols) {
  Matrix matrix;
  matrix.rows_ = rows;
  matrix.cols_ = cols;
  matrix.stride_ = padded(cols);
  const auto bytes = checked_product({rows, matrix.stride_, sizeof(float)});
  if (!bytes || matrix.stride_ < cols)
    fail(ErrorCode::kBadData, "a matrix of {} times {} numbers is too large", rows, cols);
  if (matrix.empty()) return matrix;
  matrix.data_.reset(static_cast<float*>(std::aligned_alloc(64, *bytes)));
  if (!matrix.data_) throw std::bad_alloc();
  advise_huge_pages(matrix.data_.get(), *bytes);
  return matrix;
}

Matrix::Matrix(std::size_t rows, std::size_t cols) : Matrix(blank(rows, cols)) {
  if (!empty()) std::memset(data_.get(), 0, rows_ * stride_ * sizeof(float));
}

namespace {

/// Row r draws from the stream of stream_of(r).
template <typename StreamOf>
void draw_rows(Matrix& matrix, double sigma, std::uint64_t seed, int threads, StreamOf stream_of) {
  parallel_for(matrix.rows(), threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) {
      Rng rng(seed, stream_of(r));
      for (float& value : matrix[r]) value = static_cast<float>(sigma * rng.normal());
      std::fill(matrix.row(r) + matrix.cols(), matrix.row(r) + matrix.stride(), 0.0f);
    }
  });
}

}  // namespace

Matrix Matrix::normal(std::size_t rows, std::size_t cols, double sigma, std::uint64_t seed, int threads) {
  Matrix matrix = blank(rows, cols);
  draw_rows(matrix, sigma, seed, threads, [](std::size_t r) { return r; });
  return matrix;
}

Matrix Matrix::normal(std::span<const std::uint32_t> numbers, std::size_t cols, double sigma,
                      std::uint64_t seed, int threads) {
  Matrix matrix = blank(numbers.size(), cols);
  draw_rows(matrix, sigma, seed, threads, [&](std::size_t r) { return numbers[r]; });
  return matrix;
}

Matrix Matrix::gather(const Matrix& source, std::span<const std::uint32_t> numbers, int threads) {
  Matrix matrix = blank(numbers.size(), source.cols());
  parallel_for(numbers.size(), threads, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r)
      std::copy_n(source.row(numbers[r]), source.stride(), matrix.row(r));
  });
  return matrix;
}

Matrix Matrix::slice(std::size_t begin, std::size_t count) const {
  Matrix rows = blank(count, cols_);
  std::copy_n(row(begin), count * stride_, rows.data());
  return rows;
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

bool is_zero(std::span<const float> vector) {
  return std::ranges::all_of(vector, [](float x) { return x == 0; });
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

Matrix read_matrix(const TensorReader& reader, const std::string& name, std::size_t rows, std::size_t cols) {
  Matrix matrix = read_matrix(reader, name, rows);
  if (matrix.cols() != cols) {
    fail(ErrorCode::kBadData, "{}: tensor {} has {} columns instead of {}", reader.path(), name,
         matrix.cols(), cols);
  }
  return matrix;
}

}  // namespace akin
