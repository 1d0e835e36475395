#include "akin/report/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>

#include "akin/base/text.h"
#include "akin/data/dataset.h"

namespace akin {
namespace {

/// Characters: UTF-8 bytes that start one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string aligned(const std::string& text, std::size_t width, bool right) {
  const std::string padding(width - std::min(width, width_of(text)), ' ');
  return right ? padding + text : text + padding;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

bool is_number(std::string_view cell) {
  if (!cell.empty() && (cell.front() == '-' || cell.front() == '+')) cell.remove_prefix(1);
  if (cell.ends_with('*') || cell.ends_with(' ')) cell.remove_suffix(1);  // a mark, or its place
  if (cell.ends_with(" %")) cell.remove_suffix(2);
  if (cell.ends_with(" s")) cell.remove_suffix(2);
  return !cell.empty() && std::isdigit(static_cast<unsigned char>(cell.front())) != 0 &&
         cell.find_first_not_of("0123456789.,e-+") == std::string_view::npos;
}

std::vector<bool> number_columns(std::size_t columns, const std::vector<TableRow>& rows) {
  std::vector<bool> numbers(columns);
  for (std::size_t c = 0; c < columns; ++c) {
    bool filled = false, all_numbers = true;
    for (const TableRow& row : rows) {
      if (c >= row.size() || row[c].empty() || row[c] == "-") continue;
      filled = true;
      all_numbers = all_numbers && is_number(row[c]);
    }
    numbers[c] = filled && all_numbers;
  }
  return numbers;
}

std::string text_table(const TableRow& headers, const std::vector<TableRow>& rows) {
  std::vector<TableRow> cells = {headers};
  cells.insert(cells.end(), rows.begin(), rows.end());
  std::vector<std::size_t> widths(headers.size(), 0);
  for (TableRow& row : cells) {
    row.resize(headers.size());
    for (std::size_t c = 0; c < row.size(); ++c) {
      row[c] = printable(row[c]);
      widths[c] = std::max(widths[c], width_of(row[c]));
    }
  }
  const std::vector<bool> numbers = number_columns(headers.size(), rows);
  std::string text;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    std::string line, rule;
    for (std::size_t c = 0; c < headers.size(); ++c) {
      const std::string_view gap = c == 0 ? "" : "  ";
      line += gap;
      line += aligned(cells[r][c], widths[c], numbers[c]);
      rule += gap;
      rule += std::string(widths[c], '-');
    }
    text += without_trailing_spaces(std::move(line));
    if (r == 0) text += rule + '\n';
  }
  return text;
}

std::string format_date(std::int64_t time) {
  if (time == kNoTime) return "unknown";
  constexpr std::int64_t kFirst = -62167219200, kLast = 253402300799;  // 0000-01-01, 9999-12-31T23:59:59
  using namespace std::chrono;
  const sys_seconds second{std::chrono::seconds{std::clamp(floor_seconds(time), kFirst, kLast)}};
  const year_month_day date{floor<days>(second)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string format_metric(double value) {
  if (std::isnan(value)) return "-";
  return fmt::format("{:.4f}", std::abs(value) < 0.00005 ? 0.0 : value);
}

}  // namespace akin
