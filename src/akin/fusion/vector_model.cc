#include "akin/fusion/vector_model.h"

#include <algorithm>
#include <map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

float weight_of(const Query& query, std::size_t h) { return query.values.empty() ? 1 : query.values[h]; }

}  // namespace

VectorModel::VectorModel(Matrix vectors) : vectors_(std::move(vectors)), given_(vectors_.rows()) {
  for (std::size_t i = 0; i < given_.size(); ++i) given_[i] = !is_zero(vectors_[i]);
}

bool VectorModel::user_vector(const Query& query, std::span<float> out) const {
  std::ranges::fill(out, 0.0F);
  float items = 0;
  for (std::size_t h = 0; h < query.history.size(); ++h) {
    if (!has_vector(query.history[h])) continue;
    items += 1;
    axpy(weight_of(query, h), vectors_.row(query.history[h]), out.data(), out.size());
  }
  if (items == 0) return false;
  scale(1 / items, out.data(), out.size());
  return true;
}

void VectorModel::score_vector(const float* vector, std::span<float> out) const {
  multiply(vectors_, 0, vectors_.rows(), vector, out.data());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (given_[i] == 0) out[i] = kNever;
  }
}

bool VectorModel::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == vectors_.rows());
  Matrix row(1, vectors_.cols());
  if (!user_vector(query, row[0])) return false;
  score_vector(row.row(0), out);
  return true;
}

std::optional<Explanation> VectorModel::explain(const Query& query, idx_t item) const {
  if (!has_vector(item)) return std::nullopt;
  float items = 0;
  std::map<idx_t, float> causes;
  for (std::size_t h = 0; h < query.history.size(); ++h) {
    const idx_t seen = query.history[h];
    if (!has_vector(seen)) continue;
    items += 1;
    causes[seen] += weight_of(query, h) * dot(vectors_.row(seen), vectors_.row(item), vectors_.stride());
  }
  if (items == 0) return std::nullopt;
  Explanation explanation;
  for (const auto& [cause, value] : causes) explanation.causes.push_back({cause, value / items});
  std::ranges::stable_sort(explanation.causes, std::ranges::greater{}, &Scored::score);
  return explanation;
}

void VectorModel::write(TensorWriter& writer, const std::string& prefix) const {
  write_matrix(writer, prefix + ".vectors", vectors_);
}

std::unique_ptr<VectorModel> VectorModel::read(const TensorReader& reader, const std::string& prefix,
                                               std::size_t n_items) {
  return std::make_unique<VectorModel>(read_matrix(reader, prefix + ".vectors", n_items));
}

}  // namespace akin
