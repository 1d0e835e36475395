// Self-contained HTML pages: no scripts, no network, readable on phones, in the dark and by screen readers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/eval/text_table.h"

namespace akin {

/// `text` with & < > " ' written as entities. Control characters other than tab and newline, and bytes that
/// are not UTF-8, become U+FFFD: whatever a file holds, the page stays valid.
std::string html_escape(std::string_view text);

/// One page, written from top to bottom. All text given is escaped.
class HtmlReport {
 public:
  /// Which cell of a column is set in bold.
  enum class Best { kNone, kHighest, kLowest };
  struct Column {
    Column(std::string text, Best which = Best::kNone) : header(std::move(text)), best(which) {}
    Column(const char* text) : header(text) {}
    std::string header;
    Best best = Best::kNone;
  };
  struct Bar {
    std::string label;
    double value = 0;   ///< length; negative or not finite counts as 0
    std::string shown;  ///< the value as text
  };

  explicit HtmlReport(std::string title) : title_(std::move(title)) {}
  /// A heading of level 2 (a part of the page) to 4.
  HtmlReport& heading(std::string_view text, int level = 2);
  HtmlReport& paragraph(std::string_view text);
  /// Columns of numbers are aligned right. The best cells of a column are all those that show its best
  /// number.
  HtmlReport& table(std::string_view caption, const std::vector<Column>& columns,
                    const std::vector<TableRow>& rows);
  /// Horizontal bars, the longest as wide as the page allows.
  HtmlReport& bars(std::string_view caption, const std::vector<Bar>& bars);
  /// The whole page.
  std::string html() const;

 private:
  std::string title_;
  std::string body_;
};

}  // namespace akin
