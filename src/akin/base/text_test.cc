#include "akin/base/text.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

using Fields = std::vector<std::string_view>;

TEST(Text, SplitLeavesOutEmptyPartsAndKeepsBlanks) {
  EXPECT_EQ(split("a,b c,, d ,", ','), (Fields{"a", "b c", " d "}));
  EXPECT_EQ(split("Home|Kitchen", '|'), (Fields{"Home", "Kitchen"}));
  EXPECT_EQ(split("one", ','), (Fields{"one"}));
  EXPECT_EQ(split("", ','), Fields{});
  EXPECT_EQ(split(",,", ','), Fields{});
}

TEST(Text, TrimmedTakesBlanksFromBothEnds) {
  EXPECT_EQ(trimmed("  a b "), "a b");
  EXPECT_EQ(trimmed("ab"), "ab");
  EXPECT_EQ(trimmed("   "), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace akin
