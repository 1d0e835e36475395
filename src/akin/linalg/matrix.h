// Dense float matrices with rows padded to the vector width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// A (rows, cols) matrix of floats, row-major. Each row starts on a 64-byte boundary, and the floats between
/// cols and stride are always zero, so kernels may run over whole vectors. Movable, copied only by clone().
class Matrix {
 public:
  Matrix() = default;
  /// All zeros. Throws Error(kBadData) for sizes beyond 2^64 bytes.
  Matrix(std::size_t rows, std::size_t cols);
  /// Entries from N(0, sigma^2); row r draws from its own stream, so the result depends neither on the row
  /// count nor on `threads`, which are as for parallel_for().
  static Matrix normal(std::size_t rows, std::size_t cols, double sigma, std::uint64_t seed, int threads = 1);
  /// Only the rows `numbers` of such a matrix.
  static Matrix normal(std::span<const std::uint32_t> numbers, std::size_t cols, double sigma,
                       std::uint64_t seed, int threads = 1);
  /// Row r is row `numbers[r]` of `source`; the same at any number of threads.
  static Matrix gather(const Matrix& source, std::span<const std::uint32_t> numbers, int threads = 1);
  Matrix clone() const;
  /// A copy of another shape: what both have is the same, the rest zero.
  Matrix resized(std::size_t rows, std::size_t cols) const;
  /// A copy of rows [begin, begin + count).
  Matrix slice(std::size_t begin, std::size_t count) const;

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  /// Floats from one row to the next.
  std::size_t stride() const { return stride_; }
  bool empty() const { return rows_ == 0 || cols_ == 0; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  float* row(std::size_t r) { return data_.get() + r * stride_; }
  const float* row(std::size_t r) const { return data_.get() + r * stride_; }
  std::span<float> operator[](std::size_t r) { return {row(r), cols_}; }
  std::span<const float> operator[](std::size_t r) const { return {row(r), cols_}; }

 private:
  /// Memory with nothing in it yet, not even the padding.
  static Matrix blank(std::size_t rows, std::size_t cols);
  struct Free {
    void operator()(float* pointer) const;
  };
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::size_t stride_ = 0;
  std::unique_ptr<float[], Free> data_;
};

/// Floats that `cols` columns occupy with padding.
constexpr std::size_t padded(std::size_t cols) { return (cols + 15) / 16 * 16; }

/// Scales every row to length 1; zero rows stay zero.
void normalize_rows(Matrix& matrix);

/// True if every entry is zero, as in the row of something without a vector.
bool is_zero(std::span<const float> vector);

/// False if any entry is NaN or infinite.
bool all_finite(const Matrix& matrix);

/// Stores the matrix without its padding; it must outlive the writer.
void write_matrix(TensorWriter& writer, const std::string& name, const Matrix& matrix);
/// Reads it back. Throws Error(kBadData) unless the tensor is two-dimensional F32 with `rows` rows.
Matrix read_matrix(const TensorReader& reader, const std::string& name, std::size_t rows);
/// The same with the number of columns known.
Matrix read_matrix(const TensorReader& reader, const std::string& name, std::size_t rows, std::size_t cols);

}  // namespace akin
