// The k best rows of a matrix by dot product from one byte a number, with exactly the answer of the floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/linalg/topk.h"

namespace akin {

/// A matrix beside itself in 8 bits: what limits a product with one vector is reading the rows, and these are a quarter as
/// long. A row x is s c + e, with integers |c_j| <= 127 and a scale s of its own (scalar quantization); a query q is t p + r in
/// 16 bits. Then, by Cauchy and Schwarz,
///
///   |q . x - s t (p . c)| <= |q| (|e| + |r| / |q| |s c|)
///
/// and this bound, with what the floats themselves round, says which rows cannot be among the best. The others are scored as
/// floats. The last two columns, where models keep biases, stay floats: they may be far larger than the rest.
class QuantizedRows {
 public:
  /// `rows` (n, d) is read again by top_k(): it outlives this and does not change. Memory: n (d + 20) bytes and padding
  /// to 64 codes. Cost: O(n d).
  explicit QuantizedRows(const Matrix& rows);
  /// What akin::top_k() gives for the products with all rows, with -infinity in place of those of rows that are not
  /// `allowed` (n flags): the same rows, order and bits. `query` holds rows.stride() floats, zero-padded. Rows or queries
  /// that are not finite, or far out of the range of usual vectors, are multiplied as floats.
  /// `scored` becomes the number of rows that were.
  std::vector<Scored> top_k(const float* query, std::span<const char> allowed, std::size_t k,
                            std::size_t* scored = nullptr) const;

  /// Part of a row's codes, aligned for the kernel.
  struct alignas(64) Codes {
    std::int8_t of[64];
  };
  /// What bounds the scores of rows; arrays by row.
  struct Terms {
    const Codes* codes;
    std::size_t width;  ///< Codes a row
    const float* scales;
    const float* first;   ///< the columns that stay floats
    const float* second;  ///< the last one
    const float* errors;
  };
  /// A query in 16 bits, as wide as the codes.
  struct Query {
    std::vector<std::int16_t> codes;
    float scale = 0;
    float first = 0;
    float second = 0;
    float norm = 0;      ///< of what is coded, not below the true one
    float rounding = 0;  ///< relative error of a product with a float column
  };

 private:
  bool quantize(const float* query, Query& out) const;
  std::vector<Scored> plain_top_k(const float* query, std::span<const char> allowed, std::size_t k) const;

  const Matrix& rows_;
  std::size_t coded_ = 0;  // columns in 8 bits
  std::size_t width_ = 0;
  int levels_ = 0;       // of a query's codes
  bool bounded_ = true;  // false: some row is out of range
  std::vector<Codes> codes_;
  std::vector<float> scales_, first_, second_, errors_;
};

/// out_i = a number that is not below the score of row i, for i < count, a multiple of 16; arrays hold as many rows.
void score_bounds(const QuantizedRows::Terms& rows, const QuantizedRows::Query& query, std::size_t count,
                  float* out);

namespace reference {
void score_bounds(const QuantizedRows::Terms& rows, const QuantizedRows::Query& query, std::size_t count,
                  float* out);
}  // namespace reference

}  // namespace akin
