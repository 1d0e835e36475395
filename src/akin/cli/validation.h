// STAND-IN for the validation part of a split: to be replaced by Split::validation.
#pragma once

#include <vector>

#include "akin/data/dataset.h"

namespace akin::cli {

/// Takes each user's last event out of `train` (sorted by user, then time), of users with at least two, and
/// returns them. Throws Error(kBadData) if there are none.
std::vector<Event> cut_validation(std::vector<Event>& train);

}  // namespace akin::cli
