// Figures and tables as plain text, for terminals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/format.h"

namespace akin {

using TableRow = std::vector<std::string>;

/// A table with a header line, a rule and one line per row. Columns are as wide as their widest cell, counted
/// in characters (UTF-8), not bytes; a column whose filled cells are all numbers is aligned right. Cells
/// are shown as by printable(), so that a title from a file cannot drive the terminal. Rows may be shorter than
/// `headers`.
std::string text_table(const TableRow& headers, const std::vector<TableRow>& rows);

/// Whether a cell is a number, with separators, sign, "%" or "s" after a space,
/// a star or its place at the end.
bool is_number(std::string_view cell);
/// Which of the first `columns` columns have only numbers in their filled cells ("-" counts as not filled),
/// and some.
std::vector<bool> number_columns(std::size_t columns, const std::vector<TableRow>& rows);

/// "2014-07-23" (UTC), or "unknown" for kNoTime. Years are kept within 0 to 9999.
std::string format_date(std::int64_t time);
/// "0.0731"; "-" for NaN, never "-0.0000".
std::string format_metric(double value);

}  // namespace akin
