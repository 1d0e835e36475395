#include "akin/base/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace akin {

std::string format_count(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string format_seconds(double seconds) {
  if (!(seconds >= 0)) return "unknown";
  if (seconds < 1) return fmt::format("{:.3f} s", seconds);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(std::min(seconds, 1e15)));
  if (whole < 7200) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", format_count(whole / 3600), whole % 3600 / 60);
}

std::string format_bytes(double bytes) {
  constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", bytes, unit == 0 || bytes >= 99.95 ? 0 : 1, kUnits[unit]);
}

std::string format_percent(double share) {
  const double percent = share * 100;
  if (percent == 0) return "0 %";
  if (percent >= 1 || percent < 0 || std::isnan(percent)) return fmt::format("{:.1f} %", percent);
  const int decimals = std::min(12, 1 - static_cast<int>(std::floor(std::log10(percent))));
  return fmt::format("{:.{}f} %", percent, decimals);
}

}  // namespace akin
