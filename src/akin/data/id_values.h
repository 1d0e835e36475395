// Values of attributes that are ids of users.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "akin/data/string_column.h"

namespace akin {

/// Whether the text is a whole number of up to four digits. As an id of a user it is also an age, a year or a count
/// of many others, so that a value that equals it need not name anybody.
bool is_short_number(std::string_view text);

/// Puts what `replacement` gives for a value of an attribute in its place, wherever it gives something; values that
/// are empty stay. Of a list each element is such a value, and those that become empty go. Returns how many rows
/// change.
std::uint64_t replace_values(AttributeTable& table, const std::string& name,
                             const std::function<std::optional<std::string>(std::string_view)>& replacement);

}  // namespace akin
