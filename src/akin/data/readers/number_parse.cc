#include "akin/data/readers/number_parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "akin/base/text.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

/// Digits with at most one point whose digits alone are below 2^24: both the digits and the power of ten are
/// exact floats, so one division rounds correctly. False for anything else.
bool parse_short(std::string_view text, float& value) {
  static constexpr float kPowers[] = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F, 1e6F, 1e7F};
  constexpr unsigned kExact = 1U << 24;
  if (text.empty() || text.size() > 8) return false;
  unsigned digits = 0;
  std::size_t point = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (text[i] == '.' && point == text.size() && text.size() > 1) {
      point = i;
    } else {
      return false;
    }
  }
  if (digits >= kExact) return false;
  const std::size_t decimals = point == text.size() ? 0 : text.size() - point - 1;
  value = static_cast<float>(digits) / kPowers[decimals];
  return true;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 1 or 0 for a truth value, -1 for anything else.
int truth_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, int>, 4> kWords = {
      {{"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}}};
  if (text == "T" || text == "Y") return 1;
  if (text == "F" || text == "N") return 0;
  for (const auto& [word, truth] : kWords) {
    const auto same = [](char a, char b) { return (a | 0x20) == b; };
    if (text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(), same)) return truth;
  }
  return -1;
}

/// Length of the mark at the front that sets thousands apart, 0 if there is none.
std::size_t group_mark(std::string_view text, char decimal) {
  const char other = decimal == '.' ? ',' : '.';
  if (text[0] == other || text[0] == ' ' || text[0] == '\'') return 1;
  if (text.starts_with("\xc2\xa0")) return 2;
  return text.starts_with("\xe2\x80\xaf") || text.starts_with("\xe2\x80\x99") ? 3
                                                                              : 0;  // thin blank, apostrophe
}

/// The number with a point and without marks between thousands; "" where the marks are not at thousands.
std::string plain_number(std::string_view text, char decimal) {
  std::string result;
  const std::size_t whole_end = std::min(text.find_first_of(decimal == '.' ? ".eE" : ",eE"), text.size());
  std::string_view whole = text.substr(0, whole_end);
  if (!whole.empty() && (whole[0] == '-' || whole[0] == '+')) {
    if (whole[0] == '-') result += '-';
    whole.remove_prefix(1);
  }
  std::size_t run = 0;
  bool grouped = false;
  while (!whole.empty()) {
    if (is_digit(whole[0])) {
      result += whole[0];
      ++run;
      whole.remove_prefix(1);
      continue;
    }
    const std::size_t mark = group_mark(whole, decimal);
    if (mark == 0 || run == 0 || run > 3 || (grouped && run != 3)) return "";
    grouped = true;
    run = 0;
    whole.remove_prefix(mark);
  }
  if (grouped && run != 3) return "";
  if (whole_end < text.size()) {
    result += text[whole_end] == decimal ? '.' : text[whole_end];
    result += text.substr(whole_end + 1);
  }
  return result;
}

}  // namespace

ParsedValue parse_value(std::string_view text) {
  float value = 0;
  if (parse_short(text, value)) return {value, nullptr};
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.empty()) return {0, "no value"};
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return {0, "value is not a number"};
  if (error == std::errc::result_out_of_range) return {0, "value out of range"};
  if (!std::isfinite(value)) return {0, "value is NaN or infinite"};
  return {value, nullptr};
}

ParsedValue ValueParser::parse_other(std::string_view text, Form& form) const {
  text = without_blanks(text);
  form = Form::kTruth;
  if (const int truth = truth_of(text); truth >= 0) return {static_cast<float>(truth), nullptr};
  const std::string number = plain_number(text, decimal_);
  form = number.size() + (text.starts_with('+') ? 1 : 0) < text.size() ? Form::kGrouped : Form::kPlain;
  const ParsedValue parsed = parse_value(number);
  if (parsed.problem == nullptr) return parsed;
  return parse_value(text);  // 4.5 among decimal commas; and the reason why it is none
}

namespace {

bool is_number(std::string_view cell, char decimal) {
  return parse_value(plain_number(cell, decimal)).problem == nullptr;
}

}  // namespace

void DecimalGuess::add(std::string_view cell) {
  const auto commas = std::ranges::count(cell, ',');
  cell = without_blanks(cell);
  if (commas == 0) return add_points(cell);
  const std::size_t comma = cell.rfind(','), point = cell.rfind('.');
  const bool has_point = point != std::string_view::npos;
  if (!is_number(cell, '.')) {
    decimal_commas_ += is_number(cell, ',') ? 1 : 0;
  } else if (commas > 1 || (has_point && point > comma)) {
    ++thousands_commas_;
  } else if (cell[0] == '0' || cell.substr(0, 2) == "-0") {  // 0,125
    ++decimal_commas_;
  } else if (either_++ == 0) {
    first_either_ = cell;
  }
}

void DecimalGuess::add_points(std::string_view cell) {
  const auto points = std::ranges::count(cell, '.');
  if (points == 0) return;
  const bool thousands = is_number(cell, ',') && cell.find_first_of("eE") == std::string_view::npos;
  if (points > 1) {
    decimal_commas_ += thousands ? 1 : 0;  // 12.345.678
  } else if (!is_number(cell, '.')) {
    return;
  } else if (!thousands || cell[0] == '0' || cell.starts_with("-0")) {
    ++decimal_points_;
  } else if (either_points_++ == 0) {
    first_point_ = cell;
  }
}

char DecimalGuess::decimal(bool semicolons) const {
  if (decimal_commas_ != thousands_commas_) return decimal_commas_ > thousands_commas_ ? ',' : '.';
  return semicolons && open() ? ',' : '.';
}

std::string DecimalGuess::doubt(bool semicolons) const {
  if (!open()) return "";
  const bool comma = decimal(semicolons) == ',';
  if (open_points()) {
    return fmt::format("'{}' is read with a {}; --decimal {} reads it the other way", printable(first_point_),
                       comma ? "point between thousands" : "decimal point", comma ? "point" : "comma");
  }
  return fmt::format("'{}' is read with a {}; --decimal {} reads it the other way", printable(first_either_),
                     comma ? "decimal comma" : "comma between thousands", comma ? "point" : "comma");
}

}  // namespace akin
