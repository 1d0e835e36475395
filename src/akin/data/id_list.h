// Lists of ids in one text, where ids may hold commas themselves.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"

namespace akin {

/// An element of "a,b,\"c, d\"".
struct ListElement {
  std::string text;
  bool quoted = false;             ///< stood in double quotes, "" inside for one
  std::size_t begin = 0, end = 0;  ///< where it stands in the list
};
/// The elements between commas; the empty ones that are not quoted are left out. A quote that is not closed is
/// an ordinary character.
std::vector<ListElement> list_elements(std::string_view text);

/// The id as it is, else with the escapes of akin's tab-separated files (\t, \\, \x1f) read as what they stand for.
std::optional<idx_t> find_id(const IdMap& ids, std::string_view id);

/// The ids in a list as a person types it: elements in double quotes are ids as they are; of the others as many
/// as possible are joined with their commas to an id that is known, so that ids with commas need no quotes.
/// Elements that give no known id are looked for once more without blanks around them; what is still unknown
/// comes back as it stands.
std::vector<std::string> ids_in_list(std::string_view text, const IdMap& ids);

}  // namespace akin
