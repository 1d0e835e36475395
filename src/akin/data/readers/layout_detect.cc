// Delimiter, header and what stands above it, told by a file's first lines.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/options.h"
#include "akin/data/readers/text_decode.h"

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

/// Whether every line is empty in some column: two delimiters stand beside each other.
bool has_empty_column(const std::vector<std::string>& lines, const Dialect& dialect) {
  std::vector<bool> filled;
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = split_line(line, dialect);
    filled.resize(std::max(filled.size(), fields.size()));
    for (std::size_t c = 0; c < fields.size(); ++c) filled[c] = filled[c] || !fields[c].empty();
  }
  return lines.size() > 1 && std::ranges::find(filled, false) != filled.end();
}

/// The delimiter that splits most lines into one number of fields, of two or more.
std::string delimiter_of_most(const std::vector<std::string>& lines, bool quotes) {
  std::string best;
  std::size_t best_lines = 0, best_width = 0;
  for (const char* const delimiter : {",", "\t", ";", "|", "::"}) {
    std::map<std::size_t, std::size_t> lines_of;
    for (const std::string& line : lines) ++lines_of[split_line(line, {delimiter, quotes}).size()];
    for (const auto& [width, count] : lines_of) {
      if (width < 2 || std::pair(count, width) <= std::pair(best_lines, best_width)) continue;
      best = delimiter;
      best_lines = count;
      best_width = width;
    }
  }
  return best;  // "" = blanks
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
  if (lines.empty()) return ",";
  if (best == "\t" && has_empty_column(lines, {best, quotes}) && even_width(lines, {"", false}) > 1)
    return "";
  return best.empty() ? delimiter_of_most(lines, quotes) : best;
}

/// The name of a column as text: what is not UTF-8 is read as Windows-1252.
std::string name_text(std::string_view field) {
  return is_utf8(field) ? std::string(field) : windows_1252_to_utf8(field);
}

/// Whether a field is a usual name of a column (among texts: "u1,book,5" is no header) or one that the caller names.
bool has_known_name(const std::vector<std::string>& row, const LayoutHints& hints) {
  const bool has_number = std::ranges::any_of(row, is_number);
  return std::ranges::any_of(row, [&](const std::string& field) {
    const std::string name = normalized_name(name_text(field));
    if (name.empty()) return false;
    return (!has_number && is_usual_name(name)) ||
           std::ranges::any_of(hints.names, [&](const std::string& wish) {
             return normalized_name(wish) == name && !is_number(wish);
           });
  });
}

bool has_digit(const std::string& text) {
  return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether a column has digits in every row but the first, which has none at all: "kunde" above u1, u2.
bool first_alone_has_no_digits(const std::vector<std::vector<std::string>>& rows) {
  if (rows.size() < 3 || std::ranges::any_of(rows[0], has_digit)) return false;
  for (std::size_t c = 0; c < rows[0].size(); ++c) {
    const auto digits_here = [&](const auto& row) { return c < row.size() && has_digit(row[c]); };
    if (!rows[0][c].empty() && std::ranges::all_of(rows.begin() + 1, rows.end(), digits_here)) return true;
  }
  return false;
}

bool looks_like_header(const std::vector<std::vector<std::string>>& rows, const LayoutHints& hints) {
  if (rows.empty()) return false;
  if (has_known_name(rows[0], hints)) return true;
  if (hints.known_header_only) return false;
  if (first_alone_has_no_digits(rows)) return true;
  return rows.size() > 1 && std::ranges::none_of(rows[0], is_number) &&
         std::ranges::any_of(rows[1], is_number);
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

/// The delimiter that a line "sep=;" names, as spreadsheets write it above a table; "" if it is no such line.
std::string sep_line(std::string_view line) {
  if (line.size() > 1 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  while (line.ends_with(',') && line.size() > 5) line.remove_suffix(1);  // cells after it
  const bool names = line.size() == 5 && (line.starts_with("sep=") || line.starts_with("SEP="));
  return names ? std::string(1, line[4]) : "";
}

bool is_comment(std::string_view line) { return line.starts_with('#') || line.starts_with("//"); }

/// The dialect that the hints and these lines give.
Dialect dialect_of(const std::vector<std::string>& lines, const LayoutHints& hints) {
  Dialect dialect{
      hints.delimiter == "auto" ? detect_delimiter(lines, hints.quotes) : delimiter_of(hints.delimiter),
      hints.quotes};
  if (dialect.delimiter.empty()) dialect.quotes = false;
  return dialect;
}

std::vector<std::vector<std::string>> split_lines(const std::vector<std::string>& lines,
                                                  const Dialect& dialect) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : lines) rows.push_back(split_line(line, dialect));
  return rows;
}

/// How many of the lines are comments above the table.
std::size_t count_comments(const std::vector<std::string>& lines, const LayoutHints& hints) {
  std::size_t comments = 0;
  while (comments < lines.size() && is_comment(lines[comments])) ++comments;
  if (comments == 0 || comments == lines.size()) return 0;
  const std::vector<std::string> rest(lines.begin() + static_cast<std::ptrdiff_t>(comments), lines.end());
  const Dialect dialect = dialect_of(rest, hints);
  const auto rows = split_lines(rest, dialect);
  if (has_known_name(rows[0], hints)) return comments;
  // The last one may be the header, or a record whose id begins so.
  const std::size_t width = usual_width(rows);
  std::size_t kept = comments;
  while (kept > 0 && width > 1 && split_line(lines[kept - 1], dialect).size() == width) --kept;
  return kept;
}

/// Fields up to the last that is not empty: spreadsheets fill titles up to the width of the table.
std::size_t filled_width(const std::vector<std::string>& row) {
  std::size_t width = row.size();
  while (width > 0 && without_blanks(row[width - 1]).empty()) --width;
  return width;
}

/// How many of the lines are titles above a header: rows of fewer fields than it has.
std::size_t count_titles(const std::vector<std::vector<std::string>>& rows, const LayoutHints& hints) {
  if (rows.size() < 2) return 0;
  const std::size_t width = usual_width(rows);
  std::size_t widest_title = 1;  // one field alone is no header of a table of several
  for (std::size_t r = 0; r < rows.size() && width > 1; ++r) {
    const std::size_t filled = filled_width(rows[r]);
    if (filled > widest_title && has_known_name(rows[r], hints)) return r;
    if (filled == width) {  // "Export,," above names that are not usual
      const bool below_titles = r > 0 && widest_title == 1;
      return below_titles &&
                     looks_like_header({rows.begin() + static_cast<std::ptrdiff_t>(r), rows.end()}, hints)
                 ? r
                 : 0;
    }
    widest_title = std::max(widest_title, filled);
  }
  return 0;
}

/// The first lines that are not empty, and how many lines each stands from the front.
struct FirstLines {
  std::vector<std::string> lines;
  std::vector<std::size_t> places;

  explicit FirstLines(RecordReader& reader) {
    constexpr std::size_t kLookedAt = 25, kMost = 2000;
    for (std::size_t count = kLookedAt; count < kMost; count *= 2) {  // more where all are comments
      std::vector<std::string> all = reader.peek(count);
      lines.clear();
      places.clear();
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].empty()) continue;
        lines.push_back(std::move(all[i]));
        places.push_back(i);
      }
      if (all.size() < count || !std::ranges::all_of(lines, is_comment)) return;
    }
  }
};

/// Moves the reader past what stands above the table; sets the delimiter that a line there names.
void skip_preamble(RecordReader& reader, LayoutHints& hints, Layout& layout) {
  FirstLines first(reader);
  if (first.lines.empty()) return;
  std::size_t above = 0;
  std::vector<std::string>& lines = first.lines;
  const std::string top = lines[0];
  const auto drop = [&](std::size_t count) {
    above += count;
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count));
  };
  if (const std::string delimiter = sep_line(lines[0]); !delimiter.empty()) {
    if (hints.delimiter == "auto") hints.delimiter = delimiter;
    drop(1);
  }
  drop(count_comments(lines, hints));
  if (hints.header != "no") drop(count_titles(split_lines(lines, dialect_of(lines, hints)), hints));
  if (above == 0) return;
  reader.skip_lines(first.places[above - 1] + 1);
  layout.note = fmt::format("{} lines above the table are left out; the first is '{}'", above,
                            printable(top.substr(0, 60)));
}

}  // namespace

Layout detect_layout(RecordReader& reader, const LayoutHints& given) {
  if (given.header != "auto" && given.header != "yes" && given.header != "no") {
    fail(ErrorCode::kUsage, "option header: '{}': expected auto, yes or no", given.header);
  }
  Layout layout;
  LayoutHints hints = given;
  skip_preamble(reader, hints, layout);
  const std::vector<std::string> lines = FirstLines(reader).lines;
  layout.dialect = dialect_of(lines, hints);
  reader.set_dialect(layout.dialect);
  if (lines.empty()) return layout;

  std::vector<std::vector<std::string>> rows = split_lines(lines, layout.dialect);
  if (hints.header == "yes" || (hints.header == "auto" && looks_like_header(rows, hints))) {
    if (reader.next()) {
      for (std::string_view field : reader.fields()) {
        if (layout.header.empty() && field.starts_with('#')) field.remove_prefix(1);  // "# user item"
        layout.header.push_back(name_text(without_blanks(field)));
      }
    }
    layout.width = layout.header.size();
    rows.erase(rows.begin());
  } else {
    layout.width = usual_width(rows);
  }
  if (!rows.empty()) layout.first = rows[0];
  return layout;
}

}  // namespace akin
