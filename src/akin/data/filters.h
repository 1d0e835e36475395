// The filters of an import.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/data/builder.h"

namespace akin {

/// Extent of the index spaces of users and items.
struct IndexSpace {
  std::size_t users = 0;
  std::size_t items = 0;
  /// Whose events are filtered: each rank has those of some users. Not owned.
  const Communicator* ranks = &alone();
};

/// Applies `filters` to `events` in place, in the order given at ImportFilters, and appends what each step
/// removed to `counts` (steps that removed nothing stand there with zeros). `origin` becomes the old position
/// of each event left; it stays empty if none was removed. Order is kept. Cost:
/// O(n) per step, O(n log n) for repeats. Collective: `counts` are those of all ranks.
void apply_filters(const ImportFilters& filters, std::vector<Event>& events, IndexSpace space,
                   std::vector<std::uint64_t>& origin, std::vector<FilterCount>& counts);

// From text, for whoever is asked for filters; `name` is what they call it. All throw Error(kUsage).

/// "keep", "first", "last", "sum", "max" or "mean".
RepeatPolicy parse_repeats(const std::string& text, std::string_view name);
/// "view=0.1" -> (kView, 0.1).
std::pair<EventKind, float> parse_kind_weight(const std::string& text, std::string_view name);
/// A date (UTC) such as 2014-07-23, or seconds since 1970.
std::int64_t parse_moment(const std::string& text, std::string_view name);

}  // namespace akin
