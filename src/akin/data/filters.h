// The filters of an import.
#pragma once

#include <cstdint>
#include <vector>

#include "akin/data/builder.h"

namespace akin {

/// Extent of the index spaces of users and items.
struct IndexSpace {
  std::size_t users = 0;
  std::size_t items = 0;
};

/// Applies `filters` to `events` in place, in the order given at ImportFilters, and appends what each step
/// removed to `counts` (steps that removed nothing stand there with zeros). `origin` becomes the old position
/// of each event left; it stays empty if none was removed. Order is kept. Cost:
/// O(n) per step, O(n log n) for repeats.
void apply_filters(const ImportFilters& filters, std::vector<Event>& events, IndexSpace space,
                   std::vector<std::uint64_t>& origin, std::vector<FilterCount>& counts);

}  // namespace akin
