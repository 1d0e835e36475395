// What an import made of one column of a table.
#pragma once

#include <string>
#include <vector>

namespace akin {

/// One column: what it was used as, what its cells are, and what looks wrong.
struct ColumnReport {
  std::string file;                   ///< as the caller named it
  std::string column;                 ///< header name, or number from 1
  std::string used_as;                ///< "user", "time", "item attribute title" ...; "" = not used
  std::string type;                   ///< "id", "number", "time (day-first)", "text" ...
  std::vector<std::string> examples;  ///< up to three different cells of the first lines
  double parsed = 0;  ///< share of the cells that are such a type, 0 to 1; of the first lines where not used
  std::vector<std::string> doubts;  ///< whole sentences with line and value
  /// A column without name and content, which a delimiter at the ends of the lines makes.
  bool is_filler() const { return column.empty() && type == "empty"; }
};

}  // namespace akin
