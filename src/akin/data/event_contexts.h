// Attributes of events that models read: device, price band, page ... as one number per event.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// A column of event attributes whose codes are digits of Event::context, a number of mixed radix:
/// context = sum over the columns of code x stride, with code 0 = nothing known. So 0 says nothing at all, and every
/// combination of known values has a number, whether an event has it or not.
struct ContextColumn {
  const EventAttributes::Column* column;  ///< its first value is ""
  std::uint32_t stride = 1;               ///< product of the sizes of the columns before
  std::uint32_t size() const { return static_cast<std::uint32_t>(column->values.size()); }
  idx_t code(std::uint16_t context) const { return context / stride % size(); }
};

inline constexpr std::uint64_t kMostContexts = 65'536;

/// The columns without codes, in their order. Throws Error(kBadData) for more than kMostContexts combinations of values.
std::vector<ContextColumn> context_columns(const EventAttributes& attributes);
/// Combinations of their values: every context is less.
std::uint64_t n_contexts(const EventAttributes& attributes);
/// nullptr if there is none of this name.
const ContextColumn* find_context(const std::vector<ContextColumn>& columns, std::string_view name);
/// "device, page"
std::string context_names(const std::vector<ContextColumn>& columns);

/// Gives the events their contexts by the attributes of these names, whose codes are dropped, and all other attributes of
/// events too. No names = nothing. Throws Error(kUsage) naming those there are for an unknown one, Error(kBadData) for too
/// many combinations of values.
void note_contexts(Dataset& data, const std::vector<std::string>& names);

/// Before `more` is merged into `base`, whose events have contexts: new values of its attributes come behind the known
/// ones, the events of `base` and `test` get their contexts anew, and those of `more` too, by its event attributes.
/// Returns the names of attributes that `more` does not have: of its events nothing is known. Throws Error(kBadData) for
/// too many combinations.
std::vector<std::string> extend_contexts(Dataset& base, std::vector<Event>& test, Dataset& more);

/// Puts a text that says nothing in place of each value of the columns without codes that no event has.
void clear_unused_values(EventAttributes& attributes, std::span<const Event> known,
                         std::span<const Event> test);

}  // namespace akin
