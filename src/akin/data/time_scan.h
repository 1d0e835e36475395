// Pieces of dates and times in text, for TimeParser.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace akin {

inline constexpr std::int64_t kFirstSecond = -62135596800;  // 0001-01-01
inline constexpr std::int64_t kLastSecond = 253402300799;   // 9999-12-31 23:59:59

/// Calendar fields, checked when they become a time.
struct Calendar {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int micros = 0;
  int zone_minutes = 0;  // east of UTC

  /// Microseconds since 1970 UTC; nullopt if there is no such day or time, or not within the years 1 to 9999.
  std::optional<std::int64_t> time() const;
};

/// Consumes text from the front.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool literal(char c);
  bool literal(std::string_view word);
  /// One character of `set`.
  bool one_of(std::string_view set);
  /// All characters of `set` at the front.
  void skip(std::string_view set);
  /// A whole number of `least` to `most` digits.
  bool digits(int least, int most, int& value);
  /// The digits of a fraction as millionths; what is finer is skipped.
  int millionths();
  /// An English month name: its first three letters, "Sept", or all of it.
  bool month_name(int& month);
  /// An English day of the week, its first three letters or all of it.
  bool weekday();
  /// A year of four digits, or of two: 69 to 99 are 1969 to 1999.
  bool year(int& value);
  /// "8:26", "08:26:00.25", "8:26 PM".
  bool clock(Calendar& time);
  /// AM or PM after an hour of 1 to 12, if there is one; false if the hour does not fit.
  bool half_of_day(int& hour);
  /// "Z", "UTC", "GMT", "+hh", "+hhmm", "+hh:mm", both ("GMT+0100"), or nothing.
  bool zone(int& minutes);
  /// What is left.
  std::string_view rest() const { return text_; }

 private:
  /// The letters at the front, at most 9, as lower case.
  std::string_view word(char (&lower)[9]) const;
  std::string_view text_;
};

}  // namespace akin
