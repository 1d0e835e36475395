#include "akin/data/time_guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <tuple>

#include "akin/base/text.h"
#include "akin/data/dataset.h"
#include "akin/data/time_scan.h"

namespace akin {
namespace {

std::string date_of(std::int64_t time) {
  const std::chrono::sys_time<std::chrono::microseconds> moment{std::chrono::microseconds(time)};
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(moment)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

bool within(const std::optional<std::int64_t>& time, std::int64_t first, std::int64_t end) {
  return time && *time >= first * kSecond && *time < end * kSecond;
}

constexpr std::int64_t k1900 = -2208988800, k1950 = -631152000, k2100 = 4102444800;

}  // namespace

void TimeGuess::add(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.empty()) return;
  double number = 0;
  const char* const end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data(), end, number);
  const bool comma = stop != end && *stop == ',' && excel_(cell).has_value();
  if (error == std::errc() && (stop == end || comma)) {
    if (numbers_++ == 0) first_number_ = cell;
    // What would be 1970 in seconds is a day of 1954 to 2119.
    serials_ += number >= 20'000 && number < 80'000 && excel_(cell) ? 1 : 0;
    years_ += cell.size() == 4 && number >= 1900 && number < 2100 ? 1 : 0;
    dates_as_numbers_ += cell.size() == 8 && within(date_number_(cell), k1900, k2100) ? 1 : 0;
    moments_as_numbers_ += cell.size() == 14 && within(moment_number_(cell), k1950, k2100) ? 1 : 0;
    return;
  }
  if (auto_(cell)) {
    ++iso_;
    return;
  }
  const auto day = day_first_(cell), month = month_first_(cell);
  const std::uint64_t before = year_first_;
  look_for_year_first(cell);
  if (!day && !month) {
    year_only_ += year_first_ - before;
  } else if (day && month && *day != *month) {
    if (both_++ == 0) first_both_.cell = cell;
    dotted_ += std::ranges::count(cell.substr(0, 6), '.') == 2 ? 1 : 0;
  } else if (day && month) {
    ++either_;
  } else {
    if ((day ? day_only_ : month_only_)++ == 0) (day ? first_day_ : first_month_).cell = cell;
  }
}

/// Counts a date such as 21-03-14, 21/3/14 or 21-03-14 08:26.
void TimeGuess::look_for_year_first(std::string_view cell) {
  TimeScanner scanner(cell);
  Calendar date;
  if (!scanner.digits(2, 2, date.year)) return;
  const char separator = scanner.rest().empty() ? ' ' : scanner.rest().front();
  if (!scanner.one_of("-/.") || !scanner.digits(1, 2, date.month)) return;
  if (!scanner.literal(separator) || !scanner.digits(1, 2, date.day)) return;
  if (!scanner.done() && !scanner.one_of("Tt ")) return;
  const int year = date.year;
  date.year += 2000;
  if (!date.time()) return;
  if (year_first_++ == 0) first_year_.cell = cell;
  dashed_ += separator == '-' ? 1 : 0;
  first_fields_.set(static_cast<std::size_t>(year));
  last_fields_.set(static_cast<std::size_t>(date.day));
}

bool TimeGuess::may_begin_with_year() const {
  if (year_first_ == 0 || year_first_ != dates()) return false;
  // There are fewer years than days, mostly.
  const std::size_t firsts = first_fields_.count(), lasts = last_fields_.count();
  return year_only_ > 0 || firsts < lasts || (firsts == lasts && dashed_ == year_first_);
}

std::string TimeGuess::order_of_dates() const {
  if (day_only_ != month_only_) return day_only_ > month_only_ ? "day-first" : "month-first";
  if (both_ == 0)
    return "day-first";  // names of months, or as many of one as of the other: the rest is rejected
  return both_ > 0 && dotted_ == both_ ? "day-first" : "";  // nobody writes 12.31.2010
}

std::optional<std::string> TimeGuess::format() const {
  if (may_begin_with_year()) return std::nullopt;
  if (dates() > 0) {
    std::string order = order_of_dates();
    return order.empty() ? std::nullopt : std::optional(std::move(order));
  }
  if (numbers_ == 0) return "auto";
  // Beside ISO dates, numbers that would be days or years elsewhere are no times: they are rejected.
  const bool odd = std::max({serials_, dates_as_numbers_, moments_as_numbers_, years_}) == numbers_;
  if (iso_ > 0) return odd ? "iso" : "auto";
  if (serials_ == numbers_) return "excel";
  if (dates_as_numbers_ == numbers_) return "%Y%m%d";
  if (moments_as_numbers_ == numbers_) return "%Y%m%d%H%M%S";
  return years_ == numbers_ ? "%Y" : "auto";
}

std::string TimeGuess::readings() const {
  return fmt::format("'{}' ({}) is {} if the day comes first, {} if the month does",
                     printable(first_both_.cell), first_both_.where, date_of(*day_first_(first_both_.cell)),
                     date_of(*month_first_(first_both_.cell)));
}

std::string TimeGuess::year_question() const {
  const std::string& cell = first_year_.cell;
  std::string pattern = fmt::format("%y{0}%m{0}%d", cell[2]);
  std::optional<std::int64_t> year = TimeParser(pattern)(cell);
  for (const char* const clock : {" %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p"}) {
    const TimeParser with_clock(pattern + clock);
    if (year || !(year = with_clock(cell))) continue;
    pattern += clock;
    break;
  }
  std::string text = fmt::format("'{}' ({}) is {} if the year comes first", printable(cell),
                                 first_year_.where, year ? date_of(*year) : "a date");
  std::string formats = fmt::format("--time-format '{}'", pattern);
  for (const auto& [parser, what, name] :
       {std::tuple(&day_first_, "day", "day-first"), std::tuple(&month_first_, "month", "month-first")}) {
    const auto time = (*parser)(cell);
    if (!time) continue;
    text += fmt::format(", {} if the {} does", date_of(*time), what);
    formats += fmt::format(" or {}", name);
  }
  return fmt::format("{}; say which with {}", text, formats);
}

std::string TimeGuess::question() const {
  if (may_begin_with_year()) return year_question();
  constexpr std::string_view kSay = "say which with --time-format day-first or --time-format month-first";
  if (day_only_ == 0) return fmt::format("{}, and every date fits both; {}", readings(), kSay);
  return fmt::format(
      "dates of both orders, as many of one as of the other: '{}' ({}) has the day first, '{}' ({}) the "
      "month; "
      "{}, which rejects the others",
      printable(first_day_.cell), first_day_.where, printable(first_month_.cell), first_month_.where, kSay);
}

std::string TimeGuess::doubt() const {
  const std::string found = format().value_or("");
  if (found == "excel") {
    return fmt::format(
        "numbers such as {} are read as days of a spreadsheet, {}; --time-format seconds reads seconds",
        first_number_, date_of(*excel_(first_number_)));
  }
  if (found == "%Y%m%d" || found == "%Y%m%d%H%M%S" || found == "%Y")
    return fmt::format("numbers such as {} are read as {}; --time-format seconds reads seconds",
                       first_number_, found == "%Y" ? "years" : "dates");
  if (day_only_ > 0 && month_only_ > 0) {
    return fmt::format(
        "{} dates have the day first, {} the month: what does not fit {} is rejected; the first are '{}' "
        "({}) "
        "and '{}' ({})",
        day_only_, month_only_, found, printable(first_day_.cell), first_day_.where,
        printable(first_month_.cell), first_month_.where);
  }
  if (found == "day-first" && day_only_ == 0 && both_ > 0)
    return fmt::format("dates with points such as {} are read with the day first", first_both_.cell);
  return "";
}

}  // namespace akin
