#include "akin/linalg/near_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {

Distance parse_distance(std::string_view name) {
  if (name == "cosine") return Distance::kCosine;
  if (name == "euclidean") return Distance::kEuclidean;
  const std::vector<std::string> names = {"cosine", "euclidean"};
  fail(ErrorCode::kUsage, "there is no distance '{}'{}; distances: cosine, euclidean", name,
       did_you_mean(name, names));
}

NearRows::NearRows(const Matrix& rows, Distance distance) : rows_(rows), distance_(distance) {
  if (!all_finite(rows)) fail(ErrorCode::kBadData, "a vector has a number that is not finite");
  squares_.reserve(rows.rows());
  for (std::size_t r = 0; r < rows.rows(); ++r)
    squares_.push_back(dot(rows.row(r), rows.row(r), rows.stride()));
}

float NearRows::score(idx_t row, float product, float query_square) const {
  if (distance_ == Distance::kEuclidean)
    return -std::sqrt(std::max(squares_[row] - 2 * product + query_square, 0.0F));
  const float lengths = std::sqrt(squares_[row]) * std::sqrt(query_square);
  return lengths > 0 ? product / lengths : -std::numeric_limits<float>::infinity();
}

std::vector<Scored> NearRows::nearest(const float* query, std::size_t k,
                                      std::span<const char> allowed) const {
  const float square = dot(query, query, rows_.stride());
  std::vector<float> scores(rows_.rows());
  for (idx_t row = 0; row < scores.size(); ++row) {
    scores[row] = allowed.empty() || allowed[row] != 0
                      ? score(row, dot(rows_.row(row), query, rows_.stride()), square)
                      : -std::numeric_limits<float>::infinity();
  }
  return top_k(scores, k);
}

std::vector<Scored> NearRows::nearest_of(std::span<const idx_t> among, const float* query, std::size_t k,
                                         std::span<const char> allowed, std::size_t* scored) const {
  const float square = dot(query, query, rows_.stride());
  TopK best(k);
  *scored = 0;
  for (const idx_t row : among) {
    if (!allowed.empty() && allowed[row] == 0) continue;
    ++*scored;
    const float value = score(row, dot(rows_.row(row), query, rows_.stride()), square);
    if (value > -std::numeric_limits<float>::infinity()) best.push(row, value);
  }
  return best.take();
}

}  // namespace akin
