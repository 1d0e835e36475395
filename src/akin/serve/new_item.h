// What a fused model knows of a new item, and how far to trust it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "akin/data/item_content.h"
#include "akin/fusion/source_share.h"
#include "akin/linalg/topk.h"
#include "akin/store/bundle.h"

namespace akin {

struct NewItemFacts {
  /// By source: whether it has a vector of the new item, its weight for items without events, and as z the mean over the
  /// similar items of what it said of them.
  std::vector<SourceShare> sources;
  /// For each of the similar items, the shares of the sources in its score.
  std::vector<std::vector<SourceShare>> shares;
  /// Share of the weights of all sources that those which know the item have.
  double known_weight = 0;
  /// Inside the training side: held-out events of items without any other event, the mean share of such items that scored
  /// less than the one that the user had, and in how many cases it was in the first tenth (StratumRecord).
  std::size_t cases = 0;
  double better = 0, first_tenth = 0;
};

/// Of item `row` of `items`, to which `similar` are the most similar ones. nullopt unless the bundle's model is fused.
std::optional<NewItemFacts> new_item_facts(const Bundle& bundle, const ItemContent& items, std::size_t row,
                                           std::span<const Scored> similar);

}  // namespace akin
