// Self-contained HTML pages: one file, no network, readable on phones, in the dark, by screen readers and
// without scripts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/report/chart.h"
#include "akin/report/text_table.h"

namespace akin {

/// `text` as UTF-8 that any page may hold: control characters other than tab and newline, and bytes that are
/// not UTF-8, become U+FFFD.
std::string clean_text(std::string_view text);
/// clean_text() with & < > " ' written as entities: whatever a file holds, the page stays valid.
std::string html_escape(std::string_view text);

/// One page, written from top to bottom. All text given is escaped. A page with charts, or with tables of
/// more than one row, carries one script that draws the ones and lets a reader sort the others
/// (page_script.h); its Content-Security-Policy lets no other script run and nothing be loaded.
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

  /// A picture of a gallery with a line below it.
  struct Tile {
    std::vector<std::uint8_t> png;
    std::string text;
    bool framed = false;
  };

  explicit HtmlReport(std::string title) : title_(std::move(title)) {}
  /// A heading of level 2 (a part of the page) to 4.
  HtmlReport& heading(std::string_view text, int level = 2);
  HtmlReport& paragraph(std::string_view text);
  /// Columns of numbers are aligned right. The best cells of a column are all those
  /// that show its best number.
  HtmlReport& table(std::string_view caption, const std::vector<Column>& columns,
                    const std::vector<TableRow>& rows);
  /// Horizontal bars, the longest as wide as the page allows.
  HtmlReport& bars(std::string_view caption, const std::vector<Bar>& bars);
  /// An interactive chart with its figures as a table below it: folded up, or in its place if akin was built
  /// without charts. Names of series keep their colour over the whole page.
  HtmlReport& chart(const Chart& chart);
  /// Small charts side by side, as many as the page is wide.
  HtmlReport& charts(const std::vector<Chart>& charts);
  /// Pictures side by side, which the page holds itself; their lines are what a screen reader says.
  HtmlReport& gallery(std::string_view caption, const std::vector<Tile>& tiles);
  /// The whole page.
  std::string html() const;

 private:
  std::string title_;
  std::string body_;
  bool has_charts_ = false;
  bool has_sortable_tables_ = false;
  bool has_pictures_ = false;
};

}  // namespace akin
