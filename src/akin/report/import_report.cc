#include "akin/report/import_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/text.h"
#include "akin/report/text_table.h"

namespace akin {

namespace {

/// "e.csv:6 ('nan')" for each position kept.
std::string places(const Rejections::Reason& reason) {
  std::string text;
  for (std::size_t i = 0; i < reason.positions.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", reason.positions[i]);
    if (!reason.values[i].empty()) text += fmt::format(" ('{}')", reason.values[i]);
  }
  return text + (reason.count > reason.positions.size() ? ", ..." : "");
}

std::string percent(double share) { return fmt::format("{:.4g} %", std::floor(share * 1000) / 10); }

}  // namespace

std::string columns_text(const ImportReport& report) {
  std::string text;
  for (std::size_t begin = 0, end = 0; begin < report.columns.size(); begin = end) {
    std::vector<TableRow> rows;
    for (; end < report.columns.size() && report.columns[end].file == report.columns[begin].file; ++end) {
      const ColumnReport& column = report.columns[end];
      rows.push_back({column.column, column.used_as.empty() ? "not used" : column.used_as, column.type,
                      percent(column.parsed), fmt::format("{}", fmt::join(column.examples, " | "))});
    }
    text += fmt::format("columns   of {}\n", printable(report.columns[begin].file));
    text += text_table({"column", "used as", "type", "parsed", "examples"}, rows) + "\n";
  }
  return text;
}

std::string doubts_text(const ImportReport& report) {
  std::string text;
  for (const ColumnReport& column : report.columns) {
    for (const std::string& doubt : column.doubts)
      text += fmt::format("doubt     column {} of {}: {}\n", printable(column.column), printable(column.file),
                          doubt);
  }
  return text;
}

std::string import_text(const ImportReport& report, const Dataset& data) {
  const auto bytes = static_cast<double>(report.bytes);
  std::string text =
      fmt::format("read      {} lines, {} in {} ({}/s)\n", format_count(report.lines), format_bytes(bytes),
                  format_seconds(report.seconds), format_bytes(bytes / std::max(report.seconds, 1e-9)));
  text += fmt::format("rejected  {} lines\n", format_count(report.rejections.total()));
  for (const Rejections::Reason& reason : report.rejections.reasons()) {
    text +=
        fmt::format("            {:>10}  {}: {}\n", format_count(reason.count), reason.text, places(reason));
  }
  for (const FilterCount& filter : report.filters) {
    text += fmt::format("filter    {}: removed {} events, {} users, {} items\n", filter.step,
                        format_count(filter.events), format_count(filter.users), format_count(filter.items));
  }
  text += doubts_text(report);
  for (const std::string& note : report.notes) text += fmt::format("note      {}\n", note);
  return text + fmt::format("kept      {} users, {} items, {} events\n", format_count(data.n_users()),
                            format_count(data.n_items()),
                            format_count(data.user_bounds.empty() ? data.events.size() : report.events));
}

}  // namespace akin
