#include "akin/serve/vector_space.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/text/tokenizer.h"
#include "akin/linalg/kernels.h"
#include "akin/models/placed.h"
#include "akin/store/embeddings_file.h"

namespace akin {
VectorSpace::VectorSpace(const IdMap& ids, Matrix vectors)
    : ids_(ids), vectors_(std::move(vectors)), known_(vectors_.rows()) {
  AKIN_ASSERT(ids_.size() == vectors_.rows());
  normalize_rows(vectors_);
  for (std::size_t r = 0; r < vectors_.rows(); ++r) known_[r] = !is_zero(vectors_[r]);
}

std::optional<idx_t> VectorSpace::find(std::string_view id) const {
  if (const auto found = ids_.find(id)) return found;
  if (const auto found = ids_.find(escaped_word(id))) return found;
  return ids_.find(unescaped_word(id));
}

std::optional<idx_t> VectorSpace::find_word(std::string_view word) const {
  if (const auto found = find(word)) return found;
  return find(lower_case(word));
}

idx_t VectorSpace::at(std::string_view id) const {
  if (const auto found = find(id)) return *found;
  return ids_.at(id, "item");  // throws
}

std::vector<float> VectorSpace::scores(const Matrix& query) const {
  std::vector<float> result(vectors_.rows());
  multiply(vectors_, 0, vectors_.rows(), query.row(0), result.data());
  for (std::size_t r = 0; r < result.size(); ++r) {
    if (known_[r] == 0) result[r] = kNever;
  }
  return result;
}

std::vector<Scored> VectorSpace::nearest(std::span<const idx_t> plus, std::span<const idx_t> minus,
                                         std::size_t k, std::span<const char> allowed) const {
  Matrix query(1, vectors_.cols());
  for (const idx_t item : plus) axpy(1, vectors_.row(item), query.row(0), query.stride());
  for (const idx_t item : minus) axpy(-1, vectors_.row(item), query.row(0), query.stride());
  normalize_rows(query);
  if (is_zero(query[0])) return {};
  std::vector<float> ranked = scores(query);
  for (const auto& given : {plus, minus}) {
    for (const idx_t item : given) ranked[item] = kNever;
  }
  for (std::size_t r = 0; r < allowed.size(); ++r) {
    if (allowed[r] == 0) ranked[r] = kNever;
  }
  return top_k(ranked, k);
}

std::vector<Scored> VectorSpace::nearest(std::span<const float> vector, std::size_t k) const {
  Matrix query(1, vectors_.cols());
  std::ranges::copy(vector, query.row(0));
  normalize_rows(query);
  return is_zero(query[0]) ? std::vector<Scored>() : top_k(scores(query), k);
}

}  // namespace akin
