// Which side of a split each event is on, by protocol.
#pragma once

#include <vector>

#include "akin/data/split.h"

namespace akin {

/// The part of each event of `data`, as split_events() describes. Throws Error(kBadData) if the protocol
/// needs what the data does not have; parts may come out empty. Collective.
std::vector<Subset> choose_subsets(const Dataset& data, const SplitSpec& spec, const Communicator& ranks);

}  // namespace akin
