#include "akin/data/time_parse.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/dataset.h"

namespace akin {
namespace {

TEST(TimeParser, Iso) {
  const TimeParser parse("iso");
  EXPECT_EQ(parse("1970-01-01"), 0);
  EXPECT_EQ(parse("2010-12-01 08:26:00"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010/12/1 8:26"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010-12-01T08:26:00Z"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010-12-01T08:26:00.987654321Z"), 1291191960 * kSecond + 987654);
  EXPECT_EQ(parse("2010-12-01 10:26:00+02:00"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010-12-01 10:26:00+0200"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010-12-01 05:26:00.5 -03"), 1291191960 * kSecond + 500000);
  EXPECT_EQ(parse("2010-12-01 08:26:00 UTC"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010-12-01 09:26:00 GMT+01:00"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010-12-01 8:26 AM"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2010.12.01 08:26"), 1291191960 * kSecond);
  EXPECT_EQ(parse("2012-02-29"), 1330473600 * kSecond);
  EXPECT_EQ(parse("1969-12-31 23:59:59"), -1 * kSecond);
  EXPECT_EQ(parse("0001-01-01"), -62135596800 * kSecond);
}

TEST(TimeParser, RefusesWhatIsNoTime) {
  const TimeParser parse("iso");
  for (const char* const text :
       {"", " ", "2011-02-29", "2010-13-01", "2010-00-10", "2010-12-32", "2010-12-01 24:00:00",
        "2010-12-01 08:60", "2010-12-01 08:26:61", "2010-12-01x", "2010-12-01 08:26:00 CET", "10-12-01",
        "2010-12/01", "2010-12-01 08:26:00+99:00", "0001-01-01 00:00+01:00"}) {
    EXPECT_EQ(parse(text), std::nullopt) << text;
  }
}

TEST(TimeParser, Numbers) {
  const TimeParser any;
  EXPECT_EQ(any("881250949"), 881250949 * kSecond);
  EXPECT_EQ(any(" 881250949 "), 881250949 * kSecond);
  EXPECT_EQ(any("1260759144000"), 1260759144 * kSecond);
  EXPECT_EQ(any("1260759144000999"), 1260759144 * kSecond + 999);
  EXPECT_EQ(any("1260759144000999888"), 1260759144 * kSecond + 999);
  EXPECT_EQ(any("978302281.75"), 978302281 * kSecond + 750000);
  EXPECT_EQ(any("9.78302281e8"), 978302281 * kSecond);
  EXPECT_EQ(any("-1.5"), -1500000);
  EXPECT_EQ(any("0"), 0);
  EXPECT_EQ(any("2010-12-01"), 1291161600 * kSecond);
  EXPECT_EQ(TimeParser("seconds")("99999999999"), 99999999999 * kSecond);
  EXPECT_EQ(TimeParser("milliseconds")("1500"), 1500000);
  EXPECT_EQ(TimeParser("milliseconds")("-1"), -1000);
  EXPECT_EQ(TimeParser("microseconds")("-1"), -1);
  EXPECT_EQ(TimeParser("milliseconds")("0.0019"), 1);
  EXPECT_EQ(any("1700000000.000001"), 1700000000 * kSecond + 1);
  EXPECT_EQ(any("1700000000.9999999"), 1700000000 * kSecond + 999999);
  EXPECT_EQ(any("-1.0000001"), -1000001) << "downwards";
  EXPECT_EQ(any("978302281.1"), 978302281 * kSecond + 100000) << ".1 is not a double";
  EXPECT_EQ(any("1260759144000999999"), 1260759144 * kSecond + 999);
}

TEST(TimeParser, NumbersOutOfRange) {
  const TimeParser seconds("seconds");
  for (const char* const text : {"253402300800", "-62135596801", "99999999999999999999999", "1e400", "nan",
                                 "inf", "12x", "-", "1 2", "0x10", "--1"}) {
    EXPECT_EQ(seconds(text), std::nullopt) << text;
  }
  EXPECT_EQ(TimeParser()("99999999999999999999999999"), std::nullopt);
}

TEST(TimeParser, Patterns) {
  EXPECT_EQ(TimeParser("%d.%m.%Y %H:%M")("01.12.2010 08:26"), 1291191960 * kSecond);
  EXPECT_EQ(TimeParser("%m/%d/%y %H:%M:%S")("12/1/10 8:26:00"), 1291191960 * kSecond);
  EXPECT_EQ(TimeParser("%d-%b-%Y")("01-Jan-1995"), 788918400 * kSecond);
  EXPECT_EQ(TimeParser("%d %b %Y")("22 november 1995"), 816998400 * kSecond);
  EXPECT_EQ(TimeParser("%y%m%d")("700101"), 0);
  EXPECT_EQ(TimeParser("%d.%m.%Y")("01.12.2010 "), 1291161600 * kSecond);
  EXPECT_EQ(TimeParser("%d.%m.%Y")("01.12.2010x"), std::nullopt);
  EXPECT_EQ(TimeParser("%d.%m.%Y")("31.11.2010"), std::nullopt);
  EXPECT_EQ(TimeParser("%d %b %Y")("01 Jaz 1995"), std::nullopt);
}

TEST(TimeParser, DatesWithTheYearLast) {
  const TimeParser day("day-first"), month("month-first");
  constexpr std::int64_t kTime = 1291191960 * kSecond;  // 2010-12-01 08:26
  EXPECT_EQ(day("01/12/2010 08:26"), kTime);
  EXPECT_EQ(day("1.12.2010, 8:26"), kTime);
  EXPECT_EQ(month("12-1-10 8:26 AM"), kTime);
  EXPECT_EQ(month("12/1/2010 8:26:00 pm"), kTime + 12 * 3600 * kSecond);
  EXPECT_EQ(month("12/1/2010 12:26 AM"), kTime - 8 * 3600 * kSecond);
  for (const TimeParser& either : {day, month}) {
    EXPECT_EQ(either("1 Dec 2010 08:26"), kTime);
    EXPECT_EQ(either("Dec 1st, 2010 8:26 a.m."), kTime);
    EXPECT_EQ(either("Wed, 01 Dec 2010 09:26:00 +0100"), kTime);
    EXPECT_EQ(either("Wed Dec 01 08:26:00 +0000 2010"), kTime);
    EXPECT_EQ(either("Wed Dec  1 08:26:00 2010"), kTime);
    EXPECT_EQ(either("Wed Dec 01 2010 09:26:00 GMT+0100 (Central European Time)"), kTime);
    EXPECT_EQ(either("2010-12-01 8:26 AM"), kTime) << "what auto reads";
    EXPECT_EQ(either("1291191960"), kTime);
    for (const char* const text : {"", "1/2", "32/13/2010", "1/12/201", "01/12/2010 13:00 PM", "01/12/2010x",
                                   "Dec", "01/12/2010 8", "a/b/c"})
      EXPECT_EQ(either(text), std::nullopt) << text;
  }
  EXPECT_EQ(day("12/25/2010"), std::nullopt);
  EXPECT_EQ(month("25/12/2010"), std::nullopt);
}

TEST(TimeParser, DaysOfSpreadsheets) {
  const TimeParser parse("excel");
  EXPECT_EQ(parse("25569"), 0);
  EXPECT_EQ(parse("40513.351388888892"), 1291191960 * kSecond);
  EXPECT_EQ(parse("40513,5"), 1291204800 * kSecond);
  for (const char* const text : {"", "0", "-1", "2958466", "1e99", "4051 3", "nan"})
    EXPECT_EQ(parse(text), std::nullopt) << text;
}

TEST(TimeParser, PatternsWithHalfDaysZonesAndFractions) {
  EXPECT_EQ(TimeParser("%d/%m/%Y %I:%M %p")("01/12/2010 8:26 AM"), 1291191960 * kSecond);
  EXPECT_EQ(TimeParser("%d/%m/%Y %I:%M %p")("01/12/2010 8:26"), std::nullopt);
  EXPECT_EQ(TimeParser("%d/%m/%Y %H:%M:%S.%f %z")("01/12/2010 10:26:00.25 +0200"),
            1291191960 * kSecond + 250000);
}

TEST(TimeParser, RefusesUnknownFormats) {
  for (const char* const format : {"", "second", "%", "%Q", "%Y-%m-%"})
    EXPECT_THROW(TimeParser{format}, Error) << format;
}

}  // namespace
}  // namespace akin
