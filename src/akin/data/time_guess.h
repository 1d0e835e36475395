// How the times of a column are written, judged by all of them.
#pragma once

#include <bitset>
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
  /// `where` is a callable that gives "file:line", called for the first date of each order.
  template <typename Where>
  void add(std::string_view cell, const Where& where) {
    add(cell);
    for (Example* const first : {&first_both_, &first_day_, &first_month_, &first_year_}) {
      if (!first->cell.empty() && first->where.empty()) first->where = where();
    }
  }
  void add(std::string_view cell);
  /// A format of TimeParser; nullopt while day and month fit either way round, or a year of two digits may
  /// come first.
  std::optional<std::string> format() const;
  /// Whether all dates may be written as 21-03-14 for the 14 March 2021.
  bool may_begin_with_year() const;
  /// Where format() gives nullopt: "'03/04/2021' (e.csv:2) is 2021-04-03 ..., 2021-03-04 ..., and every date fits
  /// both; say which with --time-format ...".
  std::string question() const;
  /// Its first part, of a date that fits both orders.
  std::string readings() const;
  /// How the format was found, where that can be wrong; "" if there is no doubt.
  std::string doubt() const;

 private:
  struct Example {
    std::string cell, where;
  };
  void look_for_year_first(std::string_view cell);
  std::uint64_t dates() const { return day_only_ + month_only_ + both_ + either_ + year_only_; }
  std::string order_of_dates() const;
  std::string year_question() const;
  TimeParser auto_{"auto"}, day_first_{"day-first"}, month_first_{"month-first"}, excel_{"excel"};
  TimeParser date_number_{"%Y%m%d"}, moment_number_{"%Y%m%d%H%M%S"};
  std::uint64_t numbers_ = 0, iso_ = 0, serials_ = 0, dates_as_numbers_ = 0, moments_as_numbers_ = 0,
                years_ = 0;
  std::uint64_t day_only_ = 0, month_only_ = 0, both_ = 0, either_ = 0, dotted_ = 0;
  std::uint64_t year_only_ = 0, year_first_ = 0, dashed_ = 0;  // last two: dates that may begin with the year
  std::bitset<100> first_fields_, last_fields_;                // of those
  std::string first_number_;
  Example first_both_, first_day_, first_month_, first_year_;
};

}  // namespace akin
