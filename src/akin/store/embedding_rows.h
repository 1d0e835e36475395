// Rows of one length with their ids, collected while a file is read.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/byte_cursor.h"
#include "akin/store/embeddings_reader.h"

namespace akin {

inline constexpr std::size_t kMostEmbeddingNumbers = 1'000'000;

/// Refuses, with Error(kBadData), rows of another length, repeated ids and numbers that are not finite.
class EmbeddingRows {
 public:
  void add(std::string_view id, std::span<const float> row, const ByteCursor& at, std::size_t line) {
    if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); }))
      at.bad(fmt::format("the vector of '{}' is not finite", id), line);
    if (ids_.size() > 0 && row.size() != dim_) {
      at.bad(fmt::format("the vector of '{}' has {} numbers, those before it {}", id, row.size(), dim_),
             line);
    }
    dim_ = row.size();
    const std::size_t known = ids_.size();
    if (ids_.add(id) < known) at.bad(fmt::format("'{}' has a vector already", id), line);
    values_.insert(values_.end(), row.begin(), row.end());
  }
  ReadEmbeddings take() {
    ReadEmbeddings result{std::move(ids_), {}};
    result.vectors = Matrix(result.ids.size(), dim_);
    for (std::size_t r = 0; r < result.vectors.rows(); ++r)
      std::copy_n(values_.data() + r * dim_, dim_, result.vectors.row(r));
    return result;
  }
  std::size_t size() const { return ids_.size(); }

 private:
  IdMap ids_;
  std::size_t dim_ = 0;
  std::vector<float> values_;
};

}  // namespace akin
