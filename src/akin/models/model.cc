#include "akin/models/model.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

/// The query's vector as a one-row matrix, so that its padding is zero; empty
/// if the model does not know the user.
Matrix query_row(const Model& model, const Query& query) {
  Matrix row(1, model.item_vectors().cols());
  return model.user_vector(query, row[0]) ? std::move(row) : Matrix();
}

}  // namespace

bool Model::score_all(const Query& query, std::span<float> out) const {
  const Matrix& items = item_vectors();
  AKIN_ASSERT(out.size() == items.rows());
  const Matrix user = query_row(*this, query);
  if (user.empty()) return false;
  multiply(items, 0, items.rows(), user.row(0), out.data());
  return true;
}

bool Model::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  AKIN_ASSERT(out.size() == items.size());
  if (item_vectors().empty()) {
    std::vector<float> all(n_items());
    if (!score_all(query, all)) return false;
    std::ranges::transform(items, out.begin(), [&](idx_t item) { return all[item]; });
    return true;
  }
  const Matrix user = query_row(*this, query);
  if (user.empty()) return false;
  std::ranges::transform(items, out.begin(), [&](idx_t item) {
    return dot(item_vectors().row(item), user.row(0), item_vectors().stride());
  });
  return true;
}

bool Model::item_vector(std::span<const idx_t>, std::span<const float>, std::span<float>) const {
  return false;
}

std::vector<std::vector<Scored>> Model::similar_to(const ItemContent&, std::size_t) const { return {}; }

std::unique_ptr<Model> Model::select_users(std::span<const idx_t>) const { return nullptr; }

std::optional<Explanation> Model::explain(const Query&, idx_t) const { return std::nullopt; }

std::vector<Scored> Model::similar(idx_t item, std::size_t k) const {
  const Matrix& items = embeddings();
  const std::size_t dim = embedding_dim();
  const float own_norm = std::sqrt(dot(items.row(item), items.row(item), dim));
  TopK best(std::min(k, items.rows()));
  if (!(own_norm > 0)) return {};
  for (std::size_t i = 0; i < items.rows(); ++i) {
    const float norm = std::sqrt(dot(items.row(i), items.row(i), dim));
    if (i == item || !(norm > 0)) continue;
    best.push(static_cast<idx_t>(i), dot(items.row(item), items.row(i), dim) / (own_norm * norm));
  }
  return best.take();
}

}  // namespace akin
