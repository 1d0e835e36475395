#include "akin/report/import_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/text.h"
#include "akin/report/text_table.h"

namespace akin {

std::string import_text(const ImportReport& report, const Dataset& data) {
  const auto bytes = static_cast<double>(report.bytes);
  std::string text =
      fmt::format("read      {} lines, {} in {} ({}/s)\n", format_count(report.lines), format_bytes(bytes),
                  format_seconds(report.seconds), format_bytes(bytes / std::max(report.seconds, 1e-9)));
  text += fmt::format("rejected  {} lines\n", format_count(report.rejections.total()));
  for (const Rejections::Reason& reason : report.rejections.reasons()) {
    text +=
        fmt::format("            {:>10}  {}: {}{}\n", format_count(reason.count), reason.text,
                    fmt::join(reason.positions, ", "), reason.count > reason.positions.size() ? ", ..." : "");
  }
  for (const FilterCount& filter : report.filters) {
    text += fmt::format("filter    {}: removed {} events, {} users, {} items\n", filter.step,
                        format_count(filter.events), format_count(filter.users), format_count(filter.items));
  }
  for (const std::string& note : report.notes) text += fmt::format("note      {}\n", note);
  return text + fmt::format("kept      {} users, {} items, {} events\n", format_count(data.n_users()),
                            format_count(data.n_items()), format_count(data.events.size()));
}

}  // namespace akin
