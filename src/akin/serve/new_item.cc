#include "akin/serve/new_item.h"

#include "akin/fusion/fused.h"

namespace akin {

std::optional<NewItemFacts> new_item_facts(const Bundle& bundle, const ItemContent& items, std::size_t row,
                                           std::span<const Scored> similar) {
  const auto* const fused = dynamic_cast<const Fused*>(bundle.model.get());
  if (fused == nullptr) return std::nullopt;
  NewItemFacts facts;
  facts.sources = fused->sources_of(items, row);
  std::vector<idx_t> found;
  for (const Scored& item : similar) found.push_back(item.idx);
  facts.shares = fused->shares_to(items, row, found);
  double all = 0, known = 0;
  for (std::size_t s = 0; s < facts.sources.size(); ++s) {
    SourceShare& source = facts.sources[s];
    all += static_cast<double>(source.weight);
    known += source.known ? static_cast<double>(source.weight) : 0;
    for (const std::vector<SourceShare>& shares : facts.shares)
      source.z += shares[s].z / static_cast<float>(facts.shares.size());
  }
  facts.known_weight = all > 0 ? known / all : 0;
  const StratumRecord& record = fused->records().front();
  facts.cases = record.queries;
  facts.better = record.better;
  facts.first_tenth = record.first_tenth;
  return facts;
}

}  // namespace akin
