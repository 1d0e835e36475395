#include "akin/data/readers/column_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "akin/base/text.h"
#include "akin/data/attribute_type.h"
#include "akin/data/readers/column_names.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

std::vector<std::string> examples_of(const StringColumn& cells) {
  constexpr std::size_t kExamples = 3, kLongest = 24;
  std::vector<std::string> examples;
  for (std::size_t row = 0; row < cells.size() && examples.size() < kExamples; ++row) {
    if (cells[row].empty()) continue;
    std::string text = is_utf8(cells[row]) ? std::string(cells[row]) : windows_1252_to_utf8(cells[row]);
    if (text.size() > kLongest) {
      std::size_t end = kLongest;
      while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a letter
      text = text.substr(0, end) + "...";
    }
    if (std::ranges::find(examples, text) == examples.end()) examples.push_back(std::move(text));
  }
  return examples;
}

bool is_truth(std::string_view cell) {
  ValueParser::Form form = ValueParser::Form::kPlain;
  return ValueParser().parse_other(cell, form).problem == nullptr && form == ValueParser::Form::kTruth;
}

/// Whether a name says that something was done or not: is_click, purchased.
bool names_an_outcome(std::string_view name) {
  static constexpr std::array<std::string_view, 33> kNames = {
      "click",     "clicked",    "clicks",      "purchase", "purchased", "purchases", "buy",
      "bought",    "like",       "liked",       "likes",    "order",     "ordered",   "convert",
      "converted", "conversion", "booked",      "booking",  "view",      "viewed",    "watched",
      "played",    "read",       "completed",   "finished", "label",     "target",    "response",
      "responded", "interested", "interaction", "favorite", "accepted"};
  std::string normalized = normalized_name(name);
  for (const std::string_view front : {"is", "has", "was", "did"}) {
    if (normalized.starts_with(front) &&
        std::ranges::find(kNames, normalized.substr(front.size())) != kNames.end())
      return true;
  }
  return std::ranges::find(kNames, normalized) != kNames.end();
}

/// Whether all cells are 0 or 1, with a 0 among them.
bool are_zeros_and_ones(const StringColumn& cells) {
  bool zero = false;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (cells[row].empty()) continue;
    const ParsedValue parsed = parse_value(cells[row]);
    if (parsed.problem != nullptr || (parsed.value != 0 && parsed.value != 1)) return false;
    zero = zero || parsed.value == 0;
  }
  return zero;
}

/// "" or what is odd about cells that are texts: 4,50 is no number of an attribute.
std::string doubt_of_texts(const StringColumn& cells, std::size_t filled) {
  std::size_t others = 0, example = 0;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    ValueParser::Form form = ValueParser::Form::kPlain;
    const bool number =
        !cells[row].empty() && (ValueParser(',').parse_other(cells[row], form).problem == nullptr ||
                                ValueParser().parse_other(cells[row], form).problem == nullptr);
    if (!number || form == ValueParser::Form::kTruth || parse_value(cells[row]).problem == nullptr) continue;
    if (others++ == 0) example = row;
  }
  if (2 * others < filled || others == 0) return "";
  if (cells[example].find(',') == std::string_view::npos)
    return fmt::format("numbers with marks between thousands such as '{}' stay texts; write them without",
                       printable(cells[example]));
  return fmt::format("numbers with commas such as '{}' stay texts; write them with a point to have numbers",
                     printable(cells[example]));
}

/// "" or that all points of numbers may stand between thousands: attributes take them for decimal points.
std::string doubt_of_points(const StringColumn& cells) {
  DecimalGuess guess;
  std::size_t example = 0;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    const bool had = guess.open();
    guess.add(cells[row]);
    if (guess.open() && !had) example = row;
  }
  if (!guess.open()) return "";
  return fmt::format("numbers such as '{}' have a decimal point here; write thousands without points",
                     printable(cells[example]));
}

/// Type and share of the cells that are not empty.
void set_type(const StringColumn& cells, const std::string& attribute, ColumnReport& report) {
  std::size_t filled = 0, numbers = 0, truths = 0;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (cells[row].empty()) continue;
    ++filled;
    numbers += parse_value(cells[row]).problem == nullptr ? 1 : 0;
    truths += is_truth(cells[row]) ? 1 : 0;
  }
  const auto share = [&](std::size_t count) {
    return cells.empty() ? 0 : static_cast<double>(count) / static_cast<double>(cells.size());
  };
  report.parsed = share(filled);
  report.type = filled == 0 ? "empty" : to_string(guess_attribute_type(attribute, cells));
  if (!attribute.empty()) {
    std::string doubt = report.type == "category" || report.type == "text" ? doubt_of_texts(cells, filled)
                        : report.type == "number"                          ? doubt_of_points(cells)
                                                                           : "";
    if (!doubt.empty()) report.doubts.push_back(std::move(doubt));
    return;
  }
  const bool outcome = names_an_outcome(report.column) && are_zeros_and_ones(cells);
  if (filled > 0 && (truths == filled || outcome)) report.type = "truth value";
  if (numbers < filled && 10 * numbers >= 9 * filled) {  // a few others among numbers
    report.type = "number";
    report.parsed = share(numbers);
  }
}

}  // namespace

ColumnProfile::ColumnProfile(std::string file, std::vector<std::string> header, std::size_t width)
    : file_(std::move(file)),
      header_(std::move(header)),
      columns_(std::min(kMostColumns, std::max(width, header_.size()))),
      attributes_(columns_.size()) {}

void ColumnProfile::set_attribute(std::size_t column, std::string_view name,
                                  const std::map<std::string, AttributeType>& types) {
  if (column >= columns_.size()) return;
  attributes_[column] = name;
  if (const auto given = types.find(attributes_[column]); given != types.end())
    types_[column] = given->second;
}

void ColumnProfile::add(std::span<const std::string_view> fields) {
  if (rows_ == kRows) return;
  ++rows_;
  for (std::size_t c = 0; c < columns_.size(); ++c)
    columns_[c].push_back(c < fields.size() ? without_blanks(fields[c]) : std::string_view());
}

std::vector<ColumnReport> ColumnProfile::reports() const {
  std::vector<ColumnReport> reports;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    ColumnReport report;
    report.file = file_;
    report.column = c < header_.size() ? header_[c] : fmt::format("{}", c + 1);
    report.examples = examples_of(columns_[c]);
    set_type(columns_[c], attributes_[c], report);
    if (const auto given = types_.find(c); given != types_.end()) {
      report.type = to_string(given->second);
      std::size_t fitting = 0;
      for (std::size_t row = 0; row < columns_[c].size(); ++row)
        fitting += !columns_[c][row].empty() && fits(given->second, columns_[c][row]) ? 1 : 0;
      report.parsed =
          columns_[c].empty() ? 0 : static_cast<double>(fitting) / static_cast<double>(columns_[c].size());
    }
    if (c < header_.size() && !header_[c].empty() && std::ranges::count(header_, header_[c]) > 1)
      report.doubts.push_back("another column has the same name; a column can be named by its number");
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace akin
