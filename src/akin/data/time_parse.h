// Times as data sets write them -> microseconds since 1970 UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace akin {

/// A number of units since 1970, `per_second` of them (1, 1'000, 1'000'000 or 1'000'000'000) a second, as
/// microseconds; nullopt outside the years 1 to 9999.
std::optional<std::int64_t> time_of_units(std::int64_t number, std::int64_t per_second);

/// Reads times in one format:
///   "auto"          whole or decimal numbers, or ISO dates. Numbers from 1e11 on are milliseconds, from
///                   1e14 on microseconds, from 1e17 on nanoseconds (1e11 seconds would be the year 5138);
///   "seconds", "milliseconds", "microseconds"  numbers;
///   "iso"           2010-12-01, 2010-12-01 08:26, 2010-12-01T08:26:00.250Z, 2010-12-01 08:26:00+02:00,
///                   2010-12-01 8:26 PM, also with '/' or '.' between year, month and day; without a zone UTC;
///   "day-first", "month-first"  dates with the year last, such as 01/12/2010 8:26 PM or 1 Dec 2010 08:26 +0100,
///                   else as "auto"; a month's name says itself what is the month;
///   "excel"         days since the end of 1899, such as 40513.35;
///   a pattern       of %Y %m %d %H %I %M %S %f %p %z %y %b (%y: 69-99 are 1969-1999; %p: AM or PM; %f: a
///                   fraction of a second; %b: English month names) and literal text, UTC without %z.
class TimeParser {
 public:
  /// Throws Error(kUsage) for an unknown name or pattern.
  explicit TimeParser(std::string_view format = "auto");

  /// Microseconds, what is finer is cut off downwards; nullopt if `text` is not such a time or lies outside
  /// the years 1 to 9999. Never throws; safe from many threads.
  std::optional<std::int64_t> operator()(std::string_view text) const;
  bool is_auto() const { return mode_ == Mode::kAuto; }

 private:
  enum class Mode { kAuto, kNumber, kIso, kPattern, kDate, kSerial };
  Mode mode_ = Mode::kAuto;
  bool day_first_ = false;
  std::int64_t per_second_ = 0;  // of numbers; 0 = by their size
  std::string pattern_;
};

}  // namespace akin
