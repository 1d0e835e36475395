#include "akin/data/time_scan.h"

#include <array>
#include <chrono>

#include "akin/data/dataset.h"

namespace akin {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> Calendar::time() const {
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

bool TimeScanner::literal(char c) {
  if (text_.empty() || text_.front() != c) return false;
  text_.remove_prefix(1);
  return true;
}

bool TimeScanner::literal(std::string_view word) {
  if (!text_.starts_with(word)) return false;
  text_.remove_prefix(word.size());
  return true;
}

bool TimeScanner::one_of(std::string_view set) {
  if (text_.empty() || set.find(text_.front()) == std::string_view::npos) return false;
  text_.remove_prefix(1);
  return true;
}

void TimeScanner::skip(std::string_view set) {
  while (one_of(set)) continue;
}

bool TimeScanner::digits(int least, int most, int& value) {
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

int TimeScanner::millionths() {
  int value = 0, place = 100'000;
  for (; !text_.empty() && is_digit(text_.front()); text_.remove_prefix(1), place /= 10)
    value += place * (text_.front() - '0');
  return value;
}

std::string_view TimeScanner::word(char (&lower)[9]) const {
  std::size_t letters = 0;
  for (; letters < text_.size() && letters < sizeof lower; ++letters) {
    const char c = static_cast<char>(text_[letters] | 0x20);
    if (c < 'a' || c > 'z') break;
    lower[letters] = c;
  }
  return {lower, letters};
}

bool TimeScanner::month_name(int& month) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  char lower[9];
  const std::string_view name = word(lower);
  for (std::size_t m = 0; name.size() >= 3 && m < kNames.size(); ++m) {
    if (name != kNames[m] && name != kNames[m].substr(0, 3) && !(m == 8 && name == "sept")) continue;
    month = static_cast<int>(m) + 1;
    text_.remove_prefix(name.size());
    return true;
  }
  return false;
}

bool TimeScanner::weekday() {
  static constexpr std::array<std::string_view, 7> kNames = {"monday", "tuesday",  "wednesday", "thursday",
                                                             "friday", "saturday", "sunday"};
  char lower[9];
  const std::string_view name = word(lower);
  for (const std::string_view known : kNames) {
    if (name.size() < 3 || (name != known && name != known.substr(0, 3))) continue;
    text_.remove_prefix(name.size());
    return true;
  }
  return false;
}

bool TimeScanner::year(int& value) {
  const std::size_t before = text_.size();
  if (!digits(2, 4, value)) return false;
  const std::size_t length = before - text_.size();
  if (length == 2) value += value >= 69 ? 1900 : 2000;
  return length != 3;
}

bool TimeScanner::clock(Calendar& time) {
  if (!digits(1, 2, time.hour) || !literal(':') || !digits(2, 2, time.minute)) return false;
  if (literal(':')) {
    if (!digits(2, 2, time.second)) return false;
    if (literal('.') || literal(',')) time.micros = millionths();
  }
  return half_of_day(time.hour);
}

bool TimeScanner::half_of_day(int& hour) {
  const std::string_view before = text_;
  skip(" ");
  const bool morning = one_of("aA");
  const bool half = morning || one_of("pP");
  if (half) literal('.');
  if (!half || !one_of("mM")) {
    text_ = before;
    return true;
  }
  literal('.');
  if (hour < 1 || hour > 12) return false;
  hour = hour % 12 + (morning ? 0 : 12);
  return true;
}

bool TimeScanner::zone(int& minutes) {
  minutes = 0;
  skip(" ");
  if (done() || literal('Z') || literal('z')) return true;
  const bool named = literal("UTC") || literal("GMT");
  const int sign = literal('-') ? -1 : 1;
  if (sign == 1 && !literal('+')) return named;
  int hours = 0;
  int rest = 0;
  if (!digits(2, 2, hours)) return false;
  const bool colon = literal(':');
  if ((colon || (!done() && is_digit(text_.front()))) && !digits(2, 2, rest)) return false;
  minutes = sign * (hours * 60 + rest);
  return hours <= 15 && rest <= 59;
}

}  // namespace akin
