#include "akin/data/time_parse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "akin/base/error.h"
#include "akin/data/dataset.h"

namespace akin {
namespace {

constexpr std::int64_t kFirstSecond = -62135596800;  // 0001-01-01
constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31 23:59:59

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Calendar fields, checked when they become a time.
struct Calendar {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int micros = 0;
  int zone_minutes = 0;  // east of UTC

  std::optional<std::int64_t> time() const {
    namespace ch = std::chrono;
    const ch::year_month_day date(ch::year(year), ch::month(static_cast<unsigned>(month)),
                                  ch::day(static_cast<unsigned>(day)));
    // A leap second (60) counts as the next minute's first.
    if (year < 1 || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const std::int64_t days = ch::sys_days(date).time_since_epoch().count();
    const std::int64_t total = days * 86400 + hour * 3600 + (minute - zone_minutes) * 60 + second;
    if (total < kFirstSecond || total > kLastSecond) return std::nullopt;
    return total * kSecond + micros;
  }
};

/// Consumes text from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool literal(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  /// A whole number of `least` to `most` digits.
  bool digits(int least, int most, int& value) {
    int count = 0;
    int number = 0;
    while (count < most && !text_.empty() && is_digit(text_.front())) {
      number = number * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
      ++count;
    }
    value = number;
    return count >= least;
  }
  /// The digits of a fraction as millionths; what is finer is skipped.
  int millionths() {
    int value = 0, place = 100'000;
    for (; !text_.empty() && is_digit(text_.front()); text_.remove_prefix(1), place /= 10)
      value += place * (text_.front() - '0');
    return value;
  }
  /// An English month name: its first three letters, or all of it.
  bool month_name(int& month) {
    static constexpr std::array<std::string_view, 12> kNames = {
        "january", "february", "march",     "april",   "may",      "june",
        "july",    "august",   "september", "october", "november", "december"};
    std::size_t letters = 0;
    std::array<char, 9> lower{};
    while (letters < text_.size() && letters < lower.size()) {
      const char c = static_cast<char>(text_[letters] | 0x20);
      if (c < 'a' || c > 'z') break;
      lower[letters++] = c;
    }
    const std::string_view word(lower.data(), letters);
    for (std::size_t m = 0; letters >= 3 && m < kNames.size(); ++m) {
      if (word != kNames[m] && word != kNames[m].substr(0, 3)) continue;
      month = static_cast<int>(m) + 1;
      text_.remove_prefix(letters);
      return true;
    }
    return false;
  }

 private:
  std::string_view text_;
};

/// "Z", "UTC", "+hh", "+hhmm", "+hh:mm" or nothing.
bool scan_zone(Scanner& scanner, int& minutes) {
  minutes = 0;
  if (scanner.done() || scanner.literal('Z') || scanner.literal('z') || scanner.literal("UTC")) return true;
  const int sign = scanner.literal('-') ? -1 : 1;
  if (sign == 1 && !scanner.literal('+')) return false;
  int hours = 0;
  int rest = 0;
  if (!scanner.digits(2, 2, hours)) return false;
  const bool colon = scanner.literal(':');
  if ((colon || !scanner.done()) && !scanner.digits(2, 2, rest)) return false;
  minutes = sign * (hours * 60 + rest);
  return hours <= 15 && rest <= 59;
}

std::optional<std::int64_t> parse_iso(std::string_view text) {
  Scanner scanner(text);
  Calendar time;
  if (!scanner.digits(4, 4, time.year)) return std::nullopt;
  const char separator = scanner.literal('-') ? '-' : '/';
  if (separator == '/' && !scanner.literal('/')) return std::nullopt;
  if (!scanner.digits(1, 2, time.month) || !scanner.literal(separator)) return std::nullopt;
  if (!scanner.digits(1, 2, time.day)) return std::nullopt;
  if (scanner.done()) return time.time();
  if (!scanner.literal('T') && !scanner.literal('t') && !scanner.literal(' ')) return std::nullopt;
  if (!scanner.digits(1, 2, time.hour) || !scanner.literal(':')) return std::nullopt;
  if (!scanner.digits(2, 2, time.minute)) return std::nullopt;
  if (scanner.literal(':')) {
    if (!scanner.digits(2, 2, time.second)) return std::nullopt;
    if (scanner.literal('.') || scanner.literal(',')) time.micros = scanner.millionths();
  }
  while (scanner.literal(' ')) continue;
  if (!scan_zone(scanner, time.zone_minutes) || !scanner.done()) return std::nullopt;
  return time.time();
}

std::optional<std::int64_t> parse_pattern(std::string_view pattern, std::string_view text) {
  Scanner scanner(text);
  Calendar time;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    bool ok = false;
    if (pattern[i] != '%') {
      ok = scanner.literal(pattern[i]);
    } else {
      switch (pattern[++i]) {  // the constructor checked that a known letter follows
        case 'Y':
          ok = scanner.digits(4, 4, time.year);
          break;
        case 'm':
          ok = scanner.digits(1, 2, time.month);
          break;
        case 'd':
          ok = scanner.digits(1, 2, time.day);
          break;
        case 'H':
          ok = scanner.digits(1, 2, time.hour);
          break;
        case 'M':
          ok = scanner.digits(1, 2, time.minute);
          break;
        case 'S':
          ok = scanner.digits(1, 2, time.second);
          break;
        case 'b':
          ok = scanner.month_name(time.month);
          break;
        case 'y':
          ok = scanner.digits(2, 2, time.year);
          time.year += time.year >= 69 ? 1900 : 2000;
          break;
        default:
          ok = scanner.literal('%');
          break;
      }
    }
    if (!ok) return std::nullopt;
  }
  if (!scanner.done()) return std::nullopt;
  return time.time();
}

/// Units per second of a number whose unit is not given.
std::int64_t guess_unit(double magnitude) {
  if (magnitude < 1e11) return 1;
  if (magnitude < 1e14) return 1'000;
  return magnitude < 1e17 ? 1'000'000 : 1'000'000'000;
}

/// Up to 10 digits and nothing else, the usual case; -1 otherwise.
std::int64_t parse_digits(std::string_view text) {
  if (text.empty() || text.size() > 10) return -1;
  std::int64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

/// `whole` seconds and a fraction such as ".25", which a double would not hold to the microsecond; nullopt where it is
/// something else.
std::optional<std::int64_t> parse_fraction(std::string_view text, std::int64_t whole, bool negative,
                                           std::int64_t per_second) {
  const bool seconds = per_second == 1 || (per_second == 0 && guess_unit(static_cast<double>(whole)) == 1);
  if (!seconds || text.size() < 2 || text.front() != '.' || !std::ranges::all_of(text.substr(1), is_digit))
    return std::nullopt;
  Scanner scanner(text.substr(1));
  const std::int64_t micros = scanner.millionths();
  const bool finer = text.size() > 7 && text.substr(7).find_first_not_of('0') != std::string_view::npos;
  const auto time = time_of_units(negative ? -whole : whole, 1);
  if (!time) return std::nullopt;
  return negative ? *time - micros - (finer ? 1 : 0) : *time + micros;
}

/// A whole or decimal number; per_second 0 = guess.
std::optional<std::int64_t> parse_number(std::string_view text, std::int64_t per_second) {
  constexpr std::size_t kSurelyFits = 18;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::int64_t whole = 0;
  std::size_t at = 0;
  for (; at < text.size() && at < kSurelyFits && is_digit(text[at]); ++at)
    whole = whole * 10 + (text[at] - '0');
  if (at == text.size()) {
    if (per_second == 0) per_second = guess_unit(static_cast<double>(whole));
    return time_of_units(negative ? -whole : whole, per_second);
  }
  if (const auto exact = parse_fraction(text.substr(at), whole, negative, per_second)) return exact;
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  if (per_second == 0) per_second = guess_unit(number);
  const double seconds = (negative ? -number : number) / static_cast<double>(per_second);
  if (!(seconds >= static_cast<double>(kFirstSecond) && seconds < static_cast<double>(kLastSecond) + 1))
    return std::nullopt;
  // Whole seconds and the rest apart: a double holds today's microseconds only just. To the nearest one, as
  // 0.1 is not a double.
  const double below = std::floor(seconds);
  return static_cast<std::int64_t>(below) * kSecond +
         static_cast<std::int64_t>(std::floor((seconds - below) * 1e6 + 1e-3));
}

}  // namespace

std::optional<std::int64_t> time_of_units(std::int64_t number, std::int64_t per_second) {
  const auto floored = [](std::int64_t value, std::int64_t unit) {
    return value / unit - (value % unit < 0 ? 1 : 0);  // also before 1970
  };
  const std::int64_t seconds = floored(number, per_second);
  if (seconds < kFirstSecond || seconds > kLastSecond) return std::nullopt;
  return per_second <= kSecond ? number * (kSecond / per_second) : floored(number, per_second / kSecond);
}

TimeParser::TimeParser(std::string_view format) : pattern_(format) {
  if (format == "auto") {
    mode_ = Mode::kAuto;
  } else if (format == "seconds" || format == "milliseconds" || format == "microseconds") {
    mode_ = Mode::kNumber;
    per_second_ = format == "seconds" ? 1 : format == "milliseconds" ? 1'000 : 1'000'000;
  } else if (format == "iso") {
    mode_ = Mode::kIso;
  } else {
    mode_ = Mode::kPattern;
    const std::string_view known = "YmdHMSyb%";
    bool sound = format.find('%') != std::string_view::npos;
    for (std::size_t i = 0; sound && i < format.size(); ++i) {
      if (format[i] != '%') continue;
      ++i;
      sound = i < format.size() && known.find(format[i]) != std::string_view::npos;
    }
    if (!sound) {
      fail(ErrorCode::kUsage,
           "time format '{}': expected auto, seconds, milliseconds, microseconds, iso, or a pattern of %Y %m "
           "%d %H %M %S "
           "%y %b",
           format);
    }
  }
}

std::optional<std::int64_t> TimeParser::operator()(std::string_view text) const {
  if (mode_ == Mode::kAuto || per_second_ == 1) {
    if (const std::int64_t seconds = parse_digits(text); seconds >= 0) return seconds * kSecond;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  switch (mode_) {
    case Mode::kNumber:
      return parse_number(text, per_second_);
    case Mode::kIso:
      return parse_iso(text);
    case Mode::kPattern:
      return parse_pattern(pattern_, text);
    case Mode::kAuto:
      break;
  }
  if (const auto number = parse_number(text, 0)) return number;
  return parse_iso(text);
}

}  // namespace akin
