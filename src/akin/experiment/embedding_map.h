// A data set's items on a map, by a model's embeddings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/experiment/model_result.h"
#include "akin/linalg/tsne.h"
#include "akin/models/model.h"

namespace akin {

struct EmbeddingMapOptions {
  std::size_t most_items = 2000;  ///< the most popular ones; time and memory grow with its square
  std::size_t most_groups = 12;   ///< of categories, "other" not counted
  /// Of items, for the colours. Empty: the first of category, genres, tags and brand that most items have.
  std::string attribute = {};
  TsneOptions tsne = {};
};

/// The most popular items with a vector, most popular first, placed by t-SNE of their embeddings scaled to
/// length 1, so that nearness is cosine similarity. `popularity` holds a count per item; equal counts keep
/// the order of items. Empty if the model has no embedding. Same bits at any thread count. Throws
/// Error(kUsage) for options out of range, Error(kCancelled) on stop.
std::vector<MapPoint> embedding_map(const Model& model, const Dataset& dataset,
                                    std::span<const std::uint64_t> popularity,
                                    const EmbeddingMapOptions& options, const Context& context);

/// A group for each text: one of its parts (split at '|'), or "other". Texts are paths from general to
/// specific ("Music|Guitars|Picks"). Takes the level of the paths whose `most` largest values, the very
/// largest left out, hold the most texts: one that nearly all share says nothing, one of many small values
/// leaves most to "other". Texts without a part at that level are "other", and values with less than 1 % of
/// the texts.
std::vector<std::string> groups_of(std::span<const std::string> texts, std::size_t most);

}  // namespace akin
