#include "akin/base/checked_math.h"

#include <gtest/gtest.h>

#include <limits>

namespace akin {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr int kMostInt = std::numeric_limits<int>::max();

TEST(ParseAll, TakesAllOfTheTextOrNothing) {
  EXPECT_EQ(parse_all<int>("-7"), -7);
  EXPECT_EQ(parse_all<std::uint64_t>("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"", " 7", "7 ", "+7", "7.0", "0x7", "7e1", "2147483648", "99999999999999999999"})
    EXPECT_FALSE(parse_all<int>(text)) << text;
  EXPECT_FALSE(parse_all<std::uint64_t>("-1"));
}

TEST(CheckedWhole, RefusesWhatTheTypeWouldCutOff) {
  EXPECT_EQ(checked_whole("epochs", kMostInt, 0, kMostInt), kMostInt);
  EXPECT_EQ(checked_whole("epochs", 0, 0, kMostInt), 0);
  for (const std::int64_t wrong :
       {std::int64_t{-1}, std::int64_t{kMostInt} + 1, std::int64_t{4294967296}, kMost}) {
    try {
      checked_whole("epochs", wrong, 0, kMostInt);
      FAIL() << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), fmt::format("epochs = {} is not a whole number from 0 to 2147483647", wrong));
    }
  }
}

TEST(CheckedProduct, NothingWhereItOverflows) {
  EXPECT_EQ(checked_product<std::int64_t>(7, 6), 42);
  EXPECT_EQ(checked_product<std::int64_t>(0, kMost), 0);
  EXPECT_EQ(checked_product<std::int64_t>(kMost, 1), kMost);
  EXPECT_FALSE(checked_product<std::int64_t>(kMost, 2));
  EXPECT_FALSE(checked_product<std::int64_t>(7, 7905747460161236407));
  EXPECT_FALSE(checked_product<std::size_t>(std::size_t{1} << 32, std::size_t{1} << 32));
}

constexpr std::size_t kHuge = std::size_t{1} << 62;

TEST(CheckedProduct, OfAListMultipliesWhatFits) {
  EXPECT_EQ(checked_product({}), 1u);
  EXPECT_EQ(checked_product({7, 11, 13}), 1001u);
  EXPECT_EQ(checked_product({7, 0, 13}), 0u);
  EXPECT_EQ(checked_product({kHuge, 3}), 3 * kHuge);
}

TEST(CheckedProduct, OfAListRefusesWhatDoesNot) {
  EXPECT_FALSE(checked_product({kHuge, 4}));
  EXPECT_FALSE(checked_product({1ull << 33, 1ull << 31}));
  EXPECT_FALSE(checked_product({0, kHuge, 4})) << "a zero hides nothing";
  EXPECT_FALSE(checked_product({kHuge, 4, 0}));
}

}  // namespace
}  // namespace akin
