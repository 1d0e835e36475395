#include "akin/data/time_parse.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "akin/base/error.h"
#include "akin/data/dataset.h"
#include "akin/data/time_scan.h"

namespace akin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> parse_iso(std::string_view text) {
  TimeScanner scanner(text);
  Calendar time;
  if (!scanner.digits(4, 4, time.year)) return std::nullopt;
  const char separator = scanner.literal('-') ? '-' : scanner.literal('/') ? '/' : '.';
  if (separator == '.' && !scanner.literal('.')) return std::nullopt;
  if (!scanner.digits(1, 2, time.month) || !scanner.literal(separator)) return std::nullopt;
  if (!scanner.digits(1, 2, time.day)) return std::nullopt;
  if (scanner.done()) return time.time();
  if (!scanner.one_of("Tt ") || !scanner.clock(time)) return std::nullopt;
  if (!scanner.zone(time.zone_minutes) || !scanner.done()) return std::nullopt;
  return time.time();
}

/// A date with the year last, then a time of day and a zone, if there are such: 01/12/2010 8:26 PM, 1 Dec 2010,
/// Dec 1st, 2010, Wed, 01 Dec 2010 08:26:00 +0100, Wed Dec 01 08:26:00 +0000 2010.
std::optional<std::int64_t> parse_date(std::string_view text, bool day_first) {
  constexpr std::string_view kBetween = " -./,";
  TimeScanner scanner(text);
  Calendar time;
  if (scanner.weekday()) scanner.skip(" .,");
  bool has_clock = false;
  if (scanner.month_name(time.month)) {
    scanner.skip(kBetween);
    if (!scanner.digits(1, 2, time.day)) return std::nullopt;
    if (!scanner.literal("st") && !scanner.literal("nd") && !scanner.literal("rd")) scanner.literal("th");
    scanner.skip(kBetween);
    TimeScanner ahead = scanner;
    if (has_clock = ahead.clock(time); has_clock) {
      scanner = ahead;
      if (ahead.zone(time.zone_minutes)) scanner = ahead;
      scanner.skip(" ");
    } else {
      time.hour = time.minute = 0;
    }
  } else {
    int first = 0, second = 0;
    if (!scanner.digits(1, 2, first) || !scanner.one_of(kBetween)) return std::nullopt;
    scanner.skip(kBetween);
    time.day = first;
    if (!scanner.month_name(time.month)) {
      if (!scanner.digits(1, 2, second)) return std::nullopt;
      time.day = day_first ? first : second;
      time.month = day_first ? second : first;
    }
    if (!scanner.one_of(kBetween)) return std::nullopt;
    scanner.skip(kBetween);
  }
  if (!scanner.year(time.year)) return std::nullopt;
  if (!has_clock && !scanner.done()) {
    if (scanner.skip(","), !scanner.one_of("Tt ")) return std::nullopt;
    scanner.skip(" ");
    if (!scanner.clock(time) || !scanner.zone(time.zone_minutes)) return std::nullopt;
    scanner.skip(" ");
    if (scanner.literal('(') && text.ends_with(')')) return time.time();  // the zone's name again
  }
  return scanner.done() ? time.time() : std::nullopt;
}

/// Days since the end of 1899, as spreadsheets count them (their 1900 has a 29 February), to the millisecond.
std::optional<std::int64_t> parse_serial(std::string_view text) {
  constexpr double kDaysTo1970 = 25569, kMostDays = 2958466, kMillisecondsOfDay = 86'400'000;
  double days = 0;
  std::string point(text.substr(0, 32));  // a serial number has 17 digits at most
  std::ranges::replace(point, ',', '.');
  const auto [stop, error] = std::from_chars(point.data(), point.data() + point.size(), days);
  if (error != std::errc() || stop != point.data() + point.size() || point.size() != text.size())
    return std::nullopt;
  if (!(days >= 1 && days < kMostDays)) return std::nullopt;
  return std::llround((days - kDaysTo1970) * kMillisecondsOfDay) * 1000;
}

std::optional<std::int64_t> parse_pattern(std::string_view pattern, std::string_view text) {
  TimeScanner scanner(text);
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
        case 'I':
          ok = scanner.digits(1, 2, time.hour);
          break;
        case 'M':
          ok = scanner.digits(1, 2, time.minute);
          break;
        case 'S':
          ok = scanner.digits(1, 2, time.second);
          break;
        case 'p': {
          const std::size_t before = scanner.rest().size();
          ok = scanner.half_of_day(time.hour) && scanner.rest().size() < before;
          break;
        }
        case 'f':
          time.micros = scanner.millionths();
          ok = true;
          break;
        case 'z':
          ok = scanner.zone(time.zone_minutes);
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
  TimeScanner scanner(text.substr(1));
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
  } else if (format == "day-first" || format == "month-first") {
    mode_ = Mode::kDate;
    day_first_ = format == "day-first";
  } else if (format == "excel") {
    mode_ = Mode::kSerial;
  } else {
    mode_ = Mode::kPattern;
    const std::string_view known = "YmdHIMSfpzyb%";
    bool sound = format.find('%') != std::string_view::npos;
    for (std::size_t i = 0; sound && i < format.size(); ++i) {
      if (format[i] != '%') continue;
      ++i;
      sound = i < format.size() && known.find(format[i]) != std::string_view::npos;
    }
    if (!sound) {
      fail(ErrorCode::kUsage,
           "time format '{}': expected auto, seconds, milliseconds, microseconds, iso, day-first, "
           "month-first, "
           "excel, or a pattern of %Y %m %d %H %I %M %S %f %p %z %y %b",
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
    case Mode::kSerial:
      return parse_serial(text);
    case Mode::kDate:
      if (const auto date = parse_date(text, day_first_)) return date;
      break;
    case Mode::kAuto:
      break;
  }
  if (const auto number = parse_number(text, 0)) return number;
  return parse_iso(text);
}

}  // namespace akin
