// Ids that are written in two ways: 17850 and 17850.0, 7 and 007.
#pragma once

#include <optional>
#include <string_view>

#include "akin/data/id_map.h"

namespace akin {

/// The first known id that is `id` but for blanks around it and, where it is a number, for leading zeros and
/// decimals of nothing but zeros, as spreadsheets and data frames add or lose them. Cost: O(size()).
std::optional<idx_t> find_twin(const IdMap& ids, std::string_view id);

}  // namespace akin
