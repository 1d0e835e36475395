// What stands in which column of a delimited file.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/readers/column_names.h"  // IWYU pragma: export
#include "akin/data/readers/record_reader.h"

namespace akin {

inline constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();

/// What the caller knows beforehand.
struct LayoutHints {
  std::string delimiter = "auto";  ///< "auto", or as delimiter_of() takes it
  std::string header = "auto";     ///< "auto", "yes" or "no"
  bool quotes = true;
  /// Columns the caller names: a first line with one of them is a header.
  std::vector<std::string> names = {};
  /// "auto" takes the first line for a header only where it has one of `names` or a usual name.
  bool known_header_only = false;
};

/// Dialect and header of a file.
struct Layout {
  Dialect dialect;
  std::vector<std::string> header;  ///< empty: the file has none
  /// Fields of the first record that is not the header; empty if there is none.
  std::vector<std::string> first;
  std::size_t width = 0;  ///< fields of the header, else of most of the first lines
  std::string note = "";  ///< lines above the table that were left out, for the report; "" = none

  /// The column of `spec`: a header name (case and punctuation matter only where they tell two columns apart)
  /// or a number from 1. Throws Error(kUsage) naming `path` and the columns there are.
  std::size_t column(std::string_view spec, std::string_view path) const;
  /// The first column with a usual name of the role, or kNoColumn.
  std::size_t usual_column(std::string_view role) const;
};

/// Looks at the first lines, sets the reader's dialect and moves it past the header. The delimiter is the one
/// of , ; tab | :: (else blanks) that gives all lines the same number of fields, the most if several do; else the
/// one that gives most of them the same number. Lines above the table are left out: "sep=;" of spreadsheets,
/// which names the delimiter, comments (# or //) that have not as many fields as the records, and titles,
/// also with empty fields after them, above a header of usual or wanted names; one title, above any header.
Layout detect_layout(RecordReader& reader, const LayoutHints& hints);

}  // namespace akin
