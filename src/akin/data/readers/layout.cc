#include "akin/data/readers/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "akin/base/error.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/options.h"

namespace akin {
namespace {

bool is_number(const std::string& text) { return parse_value(text).problem == nullptr; }

/// Fields per line if all lines have the same number, else 0.
std::size_t even_width(const std::vector<std::string>& lines, const Dialect& dialect) {
  std::size_t width = 0;
  for (const std::string& line : lines) {
    const std::size_t fields = split_line(line, dialect).size();
    if (width != 0 && fields != width) return 0;
    width = fields;
  }
  return width;
}

std::string detect_delimiter(const std::vector<std::string>& lines, bool quotes) {
  std::string best;
  std::size_t best_width = 1;
  for (const char* const delimiter : {",", "\t", ";", "|", "::"}) {
    const std::size_t width = even_width(lines, {delimiter, quotes});
    if (width <= best_width) continue;
    best = delimiter;
    best_width = width;
  }
  if (!best.empty() || lines.empty()) return best.empty() ? "," : best;
  // Uneven lines (quoted line ends, broken lines): what splits the first line most.
  for (const char* const delimiter : {",", "\t", ";", "|", "::"}) {
    const std::size_t width = split_line(lines.front(), {delimiter, quotes}).size();
    if (width <= best_width) continue;
    best = delimiter;
    best_width = width;
  }
  return best;  // "" = blanks
}

/// A usual name among texts, or a name that the caller gave, makes a line a header: "u1,book,5" is none.
bool looks_like_header(const std::vector<std::vector<std::string>>& rows, const LayoutHints& hints) {
  if (rows.empty()) return false;
  const bool has_number = std::ranges::any_of(rows[0], is_number);
  for (const std::string& field : rows[0]) {
    const std::string name = normalized_name(field);
    if (name.empty()) continue;
    if (!has_number && is_usual_name(name)) return true;
    const bool named = std::ranges::any_of(hints.names, [&](const std::string& wish) {
      return normalized_name(wish) == name && !is_number(wish);
    });
    if (named) return true;
  }
  return rows.size() > 1 && !has_number && std::ranges::any_of(rows[1], is_number);
}

/// The number of fields most rows have; the first row's, if several are as frequent: any row may be damaged.
std::size_t usual_width(const std::vector<std::vector<std::string>>& rows) {
  std::map<std::size_t, std::size_t> rows_of;
  for (const auto& row : rows) ++rows_of[row.size()];
  std::size_t best = rows[0].size();
  for (const auto& [width, count] : rows_of) {
    if (count > rows_of[best]) best = width;
  }
  return best;
}

}  // namespace

std::size_t Layout::column(std::string_view spec, std::string_view path) const {
  const auto exact = std::ranges::find(header, spec);
  if (exact != header.end()) return static_cast<std::size_t>(exact - header.begin());
  const std::string wanted = normalized_name(spec);
  for (std::size_t c = 0; c < header.size() && !wanted.empty(); ++c) {
    if (normalized_name(header[c]) == wanted) return c;
  }
  std::size_t number = 0;
  const auto [stop, error] = std::from_chars(spec.data(), spec.data() + spec.size(), number);
  const bool is_position = error == std::errc() && stop == spec.data() + spec.size();
  if (is_position && number >= 1 && number <= width) return number - 1;
  if (header.empty()) {
    fail(ErrorCode::kUsage,
         "{}: there is no column '{}'; the file has no header, so give a number from 1 to {}", path, spec,
         width);
  }
  fail(ErrorCode::kUsage, "{}: there is no column '{}'{}; there are: {}", path, spec,
       did_you_mean(spec, header), fmt::join(header, ", "));
}

std::size_t Layout::usual_column(std::string_view role) const {
  for (const std::string_view name : usual_names(role)) {
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (normalized_name(header[c]) == name) return c;
    }
  }
  return kNoColumn;
}

Layout detect_layout(RecordReader& reader, const LayoutHints& hints) {
  constexpr std::size_t kLinesLookedAt = 25;
  if (hints.header != "auto" && hints.header != "yes" && hints.header != "no") {
    fail(ErrorCode::kUsage, "option header: '{}': expected auto, yes or no", hints.header);
  }
  std::vector<std::string> lines = reader.peek(kLinesLookedAt);
  std::erase(lines, "");
  Layout layout;
  layout.dialect = {
      hints.delimiter == "auto" ? detect_delimiter(lines, hints.quotes) : delimiter_of(hints.delimiter),
      hints.quotes};
  if (layout.dialect.delimiter.empty()) layout.dialect.quotes = false;
  reader.set_dialect(layout.dialect);
  if (lines.empty()) return layout;

  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : lines) rows.push_back(split_line(line, layout.dialect));
  if (hints.header == "yes" || (hints.header == "auto" && looks_like_header(rows, hints))) {
    if (reader.next()) layout.header.assign(reader.fields().begin(), reader.fields().end());
    layout.width = layout.header.size();
    rows.erase(rows.begin());
  } else {
    layout.width = usual_width(rows);
  }
  if (!rows.empty()) layout.first = rows[0];
  return layout;
}

}  // namespace akin
