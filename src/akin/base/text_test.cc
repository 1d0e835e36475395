#include "akin/base/text.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

using Parts = std::vector<std::string_view>;

TEST(Text, SplitLeavesOutEmptyPartsAndKeepsBlanks) {
  EXPECT_EQ(split("a,b c,, d ,", ','), (Parts{"a", "b c", " d "}));
  EXPECT_EQ(split("Home|Kitchen", '|'), (Parts{"Home", "Kitchen"}));
  EXPECT_EQ(split("one", ','), (Parts{"one"}));
  EXPECT_EQ(split("", ','), Parts{});
  EXPECT_EQ(split(",,", ','), Parts{});
}

TEST(Text, TrimmedTakesBlanksFromBothEnds) {
  EXPECT_EQ(trimmed("  a b "), "a b");
  EXPECT_EQ(trimmed("ab"), "ab");
  EXPECT_EQ(trimmed("   "), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace akin
