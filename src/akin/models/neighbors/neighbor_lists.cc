#include "akin/models/neighbors/neighbor_lists.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin {

std::vector<WeightedItem> weighted_history(const Query& query, bool use_values) {
  std::vector<WeightedItem> events, history;
  events.reserve(query.history.size());
  for (std::size_t h = 0; h < query.history.size(); ++h)
    events.push_back({query.history[h], use_values && !query.values.empty() ? query.values[h] : 1.0f});
  // In order of items, so that the same set gives the same bits in any order.
  std::ranges::stable_sort(events, {}, &WeightedItem::item);
  for (const WeightedItem& event : events) {
    if (history.empty() || history.back().item != event.item) {
      history.push_back(event);
    } else if (use_values) {
      history.back().weight += event.weight;
    }
  }
  return history;
}

void sort_causes(Explanation& explanation) { std::ranges::sort(explanation.causes, ranks_before); }

bool NeighborLists::score_all(std::span<const WeightedItem> history, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  std::ranges::fill(out, 0.0f);
  bool any = false;
  for (const WeightedItem& liked : history) {
    const auto similar = lists_.cols_of(liked.item);
    const auto weights = lists_.values_of(liked.item);
    for (std::size_t n = 0; n < similar.size(); ++n) out[similar[n]] += liked.weight * weights[n];
    any = any || !similar.empty();
  }
  return any;
}

std::optional<Explanation> NeighborLists::explain(std::span<const WeightedItem> history, idx_t item) const {
  Explanation explanation;
  bool any = false;
  for (const WeightedItem& liked : history) {
    const auto similar = lists_.cols_of(liked.item);
    any = any || !similar.empty();
    const auto found = std::ranges::find(similar, item);
    if (found == similar.end()) continue;
    const float weight = lists_.values_of(liked.item)[static_cast<std::size_t>(found - similar.begin())];
    explanation.causes.push_back({liked.item, liked.weight * weight});
  }
  if (!any) return std::nullopt;
  sort_causes(explanation);
  return explanation;
}

std::vector<Scored> NeighborLists::similar(idx_t item, std::size_t k) const {
  std::vector<Scored> result;
  const std::size_t count = std::min(k, lists_.row_size(item));
  result.reserve(count);
  for (std::size_t n = 0; n < count; ++n)
    result.push_back({lists_.cols_of(item)[n], lists_.values_of(item)[n]});
  return result;
}

}  // namespace akin
