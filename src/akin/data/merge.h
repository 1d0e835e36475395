// More data of the same data set.
#pragma once

#include <cstdint>
#include <span>

#include "akin/data/dataset.h"

namespace akin {

/// Adds the events, users, items, attributes and links of `more` to `base`. Users and items of `base` keep
/// their indices, new ones follow in the order of `more`; where both know an attribute, the newer one counts.
/// Attributes keep their types in `base`. Reviews of `more` are left out. All added events are training events.
///
/// An event of `more` that `base` or `elsewhere` has already (same user, item, kind, value and time, or second where the times of `base` are whole seconds) is
/// left out, so that a whole export may be merged again. Events without a time are all new: nothing tells a
/// repeated purchase from a repeated line. `elsewhere` are events with the indices of `base`, such as the
/// held-out ones.
MergeCounts merge(Dataset& base, const Dataset& more, std::span<const Event> elsewhere);

}  // namespace akin
