// Items by the directions of their vectors: neighbors, and "A is to B as C is to what".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/linalg/matrix.h"
#include "akin/linalg/topk.h"

namespace akin {

/// Vectors of length 1 with their ids. Const calls are safe from many threads.
class VectorSpace {
 public:
  /// Row r of `vectors` belongs to ids.id(r); `ids` must outlive this. Rows are scaled to length 1, zero rows
  /// stay and are never near anything.
  VectorSpace(const IdMap& ids, Matrix vectors);

  /// The id as it is, else as a word2vec file holds it (escaped_word()), else what it stands for there.
  std::optional<idx_t> find(std::string_view id) const;
  /// As find(), else the id in lower case: a word as it stands in a text.
  std::optional<idx_t> find_word(std::string_view word) const;
  /// As find(). Throws Error(kNotFound) with the nearest ids.
  idx_t at(std::string_view id) const;

  /// The k items nearest by cosine to
  ///
  ///   q = sum_{p in plus} v_p / |v_p| - sum_{m in minus} v_m / |v_m|
  ///
  /// (3CosAdd; Mikolov, Yih & Zweig 2013), those of plus and minus left out. `allowed`, if not empty, has a 1
  /// for each item that may come. Nothing if q is zero. Cost: O(items x dim).
  std::vector<Scored> nearest(std::span<const idx_t> plus, std::span<const idx_t> minus, std::size_t k,
                              std::span<const char> allowed = {}) const;
  /// The k items nearest by cosine to `vector` of vectors().cols() floats.
  std::vector<Scored> nearest(std::span<const float> vector, std::size_t k) const;

  const IdMap& ids() const { return ids_; }
  const Matrix& vectors() const { return vectors_; }

 private:
  std::vector<float> scores(const Matrix& query) const;

  const IdMap& ids_;
  Matrix vectors_;
  std::vector<char> known_;  // by row: it is not zero
};

}  // namespace akin
