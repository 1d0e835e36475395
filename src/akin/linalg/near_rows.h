// Rows of a matrix near a vector, by looking at all of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/linalg/topk.h"

namespace akin {

/// What near means.
enum class Distance {
  kCosine,     ///< score = cosine
  kEuclidean,  ///< score = -|x - y|
};
/// "cosine" or "euclidean". Throws Error(kUsage) with the nearest names.
Distance parse_distance(std::string_view name);

/// Const calls are safe from many threads.
class NearRows {
 public:
  /// `rows` (n, d) outlives this and does not change. Rows of zeros are never near anything by cosine. Throws Error(kBadData) for
  /// numbers that are not finite.
  NearRows(const Matrix& rows, Distance distance);

  const Matrix& rows() const { return rows_; }
  Distance distance() const { return distance_; }
  /// The k best rows by score. `query` has rows().stride() floats, zero-padded. `allowed`, if not empty, has a 1 for each row that may
  /// come. Cost: O(n d).
  std::vector<Scored> nearest(const float* query, std::size_t k, std::span<const char> allowed = {}) const;
  /// The k best of the rows `among`; the same bits for a row. `scored` becomes how many of them are allowed.
  std::vector<Scored> nearest_of(std::span<const idx_t> among, const float* query, std::size_t k,
                                 std::span<const char> allowed, std::size_t* scored) const;

 private:
  float score(idx_t row, float product, float query_square) const;

  const Matrix& rows_;
  Distance distance_;
  std::vector<float> squares_;  // squared lengths of the rows
};

}  // namespace akin
