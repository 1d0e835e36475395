// How the times of a column are written, judged by all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "akin/data/time_parse.h"

namespace akin {

/// Looks at the cells of a column of times and says how TimeParser should read them. What "auto" reads stays
/// "auto", except for numbers that are no counts of seconds: days of spreadsheets (40513.35), dates (20101201,
/// 20101201082600) and years.
class TimeGuess {
 public:
  /// `where` is a callable that gives "file:line", called for the first date that fits both orders.
  template <typename Where>
  void add(std::string_view cell, const Where& where) {
    const bool had = both_ > 0;
    add(cell);
    if (both_ > 0 && !had) where_ = where();
  }
  void add(std::string_view cell);
  /// A format of TimeParser; nullopt while day and month fit either way round.
  std::optional<std::string> format() const;
  /// "03/04/2021 (e.csv:2) is 2021-04-03 ... or 2021-03-04 ...", where format() gives nullopt.
  std::string readings() const;
  /// How the format was found, where that can be wrong; "" if there is no doubt.
  std::string doubt() const;

 private:
  std::string order_of_dates() const;
  TimeParser auto_{"auto"}, day_first_{"day-first"}, month_first_{"month-first"}, excel_{"excel"};
  TimeParser date_number_{"%Y%m%d"}, moment_number_{"%Y%m%d%H%M%S"};
  std::uint64_t numbers_ = 0, iso_ = 0, serials_ = 0, dates_as_numbers_ = 0, moments_as_numbers_ = 0,
                years_ = 0;
  std::uint64_t day_only_ = 0, month_only_ = 0, both_ = 0, either_ = 0, dotted_ = 0;
  std::string first_number_, first_both_, where_;
};

}  // namespace akin
