#include "akin/models/placed.h"

namespace akin {

std::vector<char> placed_items(const Model& model, const Traits& traits, std::span<const float> popularity) {
  std::vector<char> placed(popularity.size(), 1);
  if (traits.uses_content) return placed;
  const std::size_t dim = model.embedding_dim();
  for (std::size_t item = 0; item < placed.size(); ++item) {
    if (popularity[item] > 0) continue;
    placed[item] = item < model.n_items() && dim > 0 && !is_zero(model.embeddings()[item].first(dim));
  }
  return placed;
}

}  // namespace akin
