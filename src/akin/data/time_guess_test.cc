#include "akin/data/time_guess.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace akin {
namespace {

TimeGuess guess_of(const std::vector<std::string>& cells) {
  TimeGuess guess;
  std::size_t line = 1;
  for (const std::string& cell : cells) {
    ++line;
    guess.add(cell, [&] { return fmt::format("e.csv:{}", line); });
  }
  return guess;
}

std::string format_of(const std::vector<std::string>& cells) {
  return guess_of(cells).format().value_or("asks");
}

TEST(TimeGuess, YearsOfTwoDigitsMayComeFirst) {
  EXPECT_EQ(format_of({"21-01-05", "21-02-11", "21-03-20", "21-04-19"}), "asks");
  EXPECT_EQ(
      guess_of({"21-01-05", "21-02-11", "21-03-20"}).question(),
      "'21-01-05' (e.csv:2) is 2021-01-05 if the year comes first, 2005-01-21 if the day does; say which "
      "with --time-format '%y-%m-%d' or day-first");
  EXPECT_NE(guess_of({"21/01/05 8:26", "21/02/11 9:30"}).question().find("'%y/%m/%d %H:%M'"),
            std::string::npos);
  EXPECT_EQ(format_of({"20-12-05", "20-12-31", "21-01-01"}), "asks") << "two years, three days";
  EXPECT_EQ(format_of({"99-01-05", "99-01-05"}), "asks") << "there is no day 99";
  EXPECT_EQ(format_of({"21-1-5", "21-1-6"}), "asks");
  EXPECT_EQ(format_of({"21-01-05"}), "asks");
  EXPECT_EQ(format_of({"05-01-21", "11-02-21", "20-03-21"}), "day-first") << "the year is the same";
  EXPECT_EQ(format_of({"13-11-98", "13-12-98"}), "day-first") << "there is no day 98";
  EXPECT_EQ(format_of({"01/25/21", "01/26/21", "01/27/21"}), "month-first");
  EXPECT_EQ(format_of({"21.01.05"}), "day-first");
  EXPECT_EQ(format_of({"21-01-05", "5-02-21"}), "day-first") << "a year of two digits has no blank";
}

TEST(TimeGuess, DatesOfBothOrders) {
  EXPECT_EQ(guess_of({"03/04/2021", "13/04/2021", "12/25/2021"}).question(),
            "dates of both orders, as many of one as of the other: '13/04/2021' (e.csv:3) has the day first, "
            "'12/25/2021' (e.csv:4) the month; say which with --time-format day-first or --time-format "
            "month-first, which rejects the others");
  EXPECT_EQ(
      guess_of({"03/04/2021"}).question(),
      "'03/04/2021' (e.csv:2) is 2021-04-03 if the day comes first, 2021-03-04 if the month does, and every "
      "date fits both; say which with --time-format day-first or --time-format month-first");
  EXPECT_EQ(guess_of({"03/04/2021", "13/04/2021", "14/04/2021", "12/25/2021"}).doubt(),
            "2 dates have the day first, 1 the month: what does not fit day-first is rejected; the first are "
            "'13/04/2021' (e.csv:3) and '12/25/2021' (e.csv:5)");
}

}  // namespace
TEST(TimeGuess, NumbersTooLongForASpreadsheetAreNoDays) {
  const std::string longer = "40513.35" + std::string(40, '2');
  EXPECT_EQ(format_of({"40513.35", longer}), "auto");
  EXPECT_EQ(guess_of({longer, longer}).doubt(), "");
}

}  // namespace akin
