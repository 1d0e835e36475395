#include "akin/base/format.h"

#include <gtest/gtest.h>

#include <limits>

namespace akin {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Format, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_count(18446744073709551615ULL), "18,446,744,073,709,551,615");
}

TEST(Format, Seconds) {
  EXPECT_EQ(format_seconds(0), "0.000 s");
  EXPECT_EQ(format_seconds(0.0454), "0.045 s");
  EXPECT_EQ(format_seconds(12.34), "12.3 s");
  EXPECT_EQ(format_seconds(119.9), "119.9 s");
  EXPECT_EQ(format_seconds(120), "2 min 00 s");
  EXPECT_EQ(format_seconds(245.2), "4 min 05 s");
  EXPECT_EQ(format_seconds(3 * 3600 + 62), "3 h 01 min");
  EXPECT_EQ(format_seconds(1234 * 3600.0), "1,234 h 00 min");
  EXPECT_EQ(format_seconds(-1), "unknown");
  EXPECT_EQ(format_seconds(kNaN), "unknown");
  EXPECT_FALSE(format_seconds(std::numeric_limits<double>::infinity()).empty());
}

TEST(Format, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 bytes");
  EXPECT_EQ(format_bytes(512), "512 bytes");
  EXPECT_EQ(format_bytes(999), "999 bytes");
  EXPECT_EQ(format_bytes(1000), "1.0 kB");
  EXPECT_EQ(format_bytes(1234), "1.2 kB");
  EXPECT_EQ(format_bytes(12.3e6), "12.3 MB");
  EXPECT_EQ(format_bytes(99.94e6), "99.9 MB");
  EXPECT_EQ(format_bytes(99.96e6), "100 MB");
  EXPECT_EQ(format_bytes(999.4e6), "999 MB");
  EXPECT_EQ(format_bytes(999.6e6), "1.0 GB");
  EXPECT_EQ(format_bytes(7e12), "7.0 TB");
  EXPECT_EQ(format_bytes(12345e12), "12345 TB");
}

TEST(Format, Percent) {
  EXPECT_EQ(format_percent(0), "0 %");
  EXPECT_EQ(format_percent(0.0731), "7.3 %");
  EXPECT_EQ(format_percent(0.01), "1.0 %");
  EXPECT_EQ(format_percent(0.000734), "0.073 %");
  EXPECT_EQ(format_percent(0.00000123), "0.00012 %");
  EXPECT_EQ(format_percent(1), "100.0 %");
  EXPECT_EQ(format_percent(-0.05), "-5.0 %");
}

}  // namespace
}  // namespace akin
