#include "akin/data/readers/number_parse.h"

#include <charconv>
#include <cmath>

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

}  // namespace akin
