#include "akin/data/attribute_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/options.h"
#include "akin/data/string_column.h"
#include "akin/data/time_parse.h"

namespace akin {
namespace {

using Kind = AttributeType::Kind;

constexpr std::array<std::string_view, 6> kNames = {"text", "category", "number", "date", "list", "picture"};

/// "$12.50" -> "12.50", "9,90 EUR" -> "9,90"; anything else as it is.
std::string_view without_currency(std::string_view text) {
  for (const std::string_view sign : {"$", "\u20ac", "\u00a3", "\u00a5", "EUR", "USD", "GBP"}) {
    if (text.starts_with(sign)) return text.substr(sign.size());
    if (text.ends_with(sign)) return text.substr(0, text.size() - sign.size());
  }
  return text;
}

/// What is looked at of a column, gathered in one pass.
struct Values {
  std::size_t filled = 0, numbers = 0, dates = 0, lists = 0, words = 0, different = 0;
};

Values look_at(const StringColumn& column) {
  constexpr std::size_t kMostDifferent = 1 << 16;  // more say nothing new
  const TimeParser date("iso");
  Values values;
  std::unordered_set<std::string_view> seen;
  for (std::size_t row = 0; row < column.size(); ++row) {
    const std::string_view text = column[row];
    if (text.empty()) continue;
    ++values.filled;
    values.numbers += std::isnan(number_of_value(text)) ? 0 : 1;
    values.dates += date(text) ? 1 : 0;
    values.lists += text.find('|') != std::string_view::npos ? 1 : 0;
    values.words += 1 + static_cast<std::size_t>(std::ranges::count(text, ' '));
    if (seen.size() < kMostDifferent) seen.insert(text);
  }
  values.different = seen.size();
  return values;
}

}  // namespace

std::string to_string(const AttributeType& type) {
  std::string text(kNames[static_cast<std::size_t>(type.kind)]);
  return type.kind == Kind::kList ? text + ":" + type.separator : text;
}

AttributeType parse_attribute_type(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto found = std::ranges::find(kNames, name);
  const bool has_rest = colon != std::string_view::npos;
  if (found == kNames.end() || (has_rest && (name != "list" || colon + 1 == text.size()))) {
    const std::vector<std::string> names(kNames.begin(), kNames.end());
    fail(ErrorCode::kUsage,
         "'{}' is not a type of attribute{}; there are {}, and list:SEPARATOR such as list:;", text,
         did_you_mean(name, names), fmt::join(kNames, ", "));
  }
  AttributeType type{static_cast<Kind>(found - kNames.begin())};
  if (has_rest) type.separator = delimiter_of(text.substr(colon + 1));
  return type;
}

AttributeType guess_attribute_type(std::string_view name, const StringColumn& column) {
  if (name == "title" || name == "description") return {Kind::kText};
  if (name == "brand") return {Kind::kCategory};
  if (name == "category" || name == "tags") return {Kind::kList};
  if (name == "image" || name == "image_url") return {Kind::kPicture};
  const Values values = look_at(column);
  if (values.filled == 0) return {Kind::kText};
  if (values.numbers == values.filled) return {Kind::kNumber};
  if (values.dates == values.filled) return {Kind::kDate};
  if (10 * values.lists >= values.filled) return {Kind::kList};
  const bool wordy = values.words >= 3 * values.filled && 2 * values.different > values.filled;
  return {wordy ? Kind::kText : Kind::kCategory};
}

std::vector<std::string_view> elements_of(const AttributeType& type, std::string_view value) {
  std::vector<std::string_view> elements;
  while (!value.empty()) {
    const std::size_t end =
        type.kind == Kind::kList ? std::min(value.find(type.separator), value.size()) : value.size();
    const std::string_view element = trimmed(value.substr(0, end));
    if (!element.empty()) elements.push_back(element);
    value.remove_prefix(end == value.size() ? end : end + type.separator.size());
  }
  return elements;
}

float number_of_value(std::string_view value) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  if (const ParsedValue plain = parse_value(value); plain.problem == nullptr) return plain.value;
  value = trimmed(without_currency(trimmed(value)));
  // Of 1,250 nobody knows whether it is more than a thousand or little more than one.
  const std::size_t mark = value.find_first_of(".,");
  const bool ambiguous = mark != std::string_view::npos && value[mark] == ',' && value.size() - mark == 4 &&
                         mark <= 3 && value.find_first_of(".,", mark + 1) == std::string_view::npos;
  if (ambiguous) return kNone;
  for (const char decimal : {'.', ','}) {
    ValueParser::Form form = ValueParser::Form::kPlain;
    const ParsedValue parsed = ValueParser(decimal).parse_other(value, form);
    if (parsed.problem == nullptr && form != ValueParser::Form::kTruth) return parsed.value;
  }
  return kNone;
}

float day_of_value(std::string_view value) {
  constexpr float kFirstNumber = 1e8F;
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  if (number_of_value(value) < kFirstNumber) return kNone;
  const auto time = TimeParser()(trimmed(value));
  constexpr double kDay = 86400.0 * kSecond;
  return time ? static_cast<float>(static_cast<double>(*time) / kDay) : kNone;
}

bool fits(const AttributeType& type, std::string_view value) {
  if (trimmed(value).empty()) return true;
  if (type.kind == Kind::kNumber) return !std::isnan(number_of_value(value));
  return type.kind != Kind::kDate || !std::isnan(day_of_value(value));
}

}  // namespace akin
