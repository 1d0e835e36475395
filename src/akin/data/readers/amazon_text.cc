#include "akin/data/readers/amazon_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include "akin/data/readers/utf8.h"

namespace akin {
namespace {

constexpr std::size_t kLongestReference = 10;  // "&#x10FFFF;"

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Code point of a reference's inside, such as "amp" or "#39".
std::optional<std::uint32_t> character_reference(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kNamed = {
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xA0}}};
  for (const auto& [known, code] : kNamed) {
    if (name == known) return code;
  }
  if (name.size() < 2 || name[0] != '#') return std::nullopt;
  const bool is_hex = name[1] == 'x' || name[1] == 'X';
  const std::string_view digits = name.substr(is_hex ? 2 : 1);
  std::uint32_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  return code;
}

/// Reads 1 to `most` digits off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text, std::size_t most) {
  unsigned value = 0;
  std::size_t digits = 0;
  while (digits < most && digits < text.size() && is_digit(text[digits])) {
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

void append_decoded_html(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t ampersand = text.find('&');
    out += text.substr(0, ampersand);
    if (ampersand == text.npos) return;
    text.remove_prefix(ampersand);
    const std::size_t semicolon = text.substr(0, kLongestReference).find(';');
    const auto code =
        semicolon == text.npos ? std::nullopt : character_reference(text.substr(1, semicolon - 1));
    if (code) {
      append_utf8(out, *code);
      text.remove_prefix(semicolon + 1);
    } else {
      out += '&';
      text.remove_prefix(1);
    }
  }
}

std::optional<std::string> plain_price(std::string_view text) {
  text = trim(text);
  take(text, "from ");
  take(text, "$");
  std::string price;
  bool has_point = false;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '.' && !has_point) {
      has_point = true;
    } else if (!is_digit(c) && !(c == ',' && !price.empty() && !has_point)) {
      break;
    }
    if (c != ',') price += c;
    text.remove_prefix(1);
  }
  if (price.empty() || !is_digit(price.front()) || !is_digit(price.back())) return std::nullopt;
  if (!text.empty() && !trim(text).starts_with('-')) return std::nullopt;
  return price;
}

std::optional<std::int64_t> parse_review_date(std::string_view text) {
  text = trim(text);
  const auto month = take_number(text, 2);
  if (!month || !take(text, " ")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take(text, ", ")) return std::nullopt;
  const auto year = take_number(text, 4);
  if (!year || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count();
}

}  // namespace akin
