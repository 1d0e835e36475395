// Cells that hold lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace akin {

/// The elements of a cell of attribute `name` such as ['a', 'b'], ["a", "b"] or [1, 2] (JSON, Python), joined by '|'; a '|' inside an
/// element becomes '/', and of an object ({'id': 28, 'name': 'Action'}) the name is taken. nullopt if the cell is
/// no such list as a whole, and for titles, descriptions and pictures, which are no lists. "[]" is "".
std::optional<std::string> joined_list(std::string_view name, std::string_view cell);

}  // namespace akin
