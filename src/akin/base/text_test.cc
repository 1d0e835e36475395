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

TEST(Text, PrintableShowsWhatWouldDriveTheTerminal) {
  EXPECT_EQ(printable("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 ~\\x1b"),
            "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 ~\\x1b");
  EXPECT_EQ(printable("a\x1b[31m\x07z\x7f"), "a\\x1b[31m\\x07z\\x7f");
  EXPECT_EQ(printable(std::string_view("\0\b", 2)), "\\x00\\x08");
  EXPECT_EQ(printable("\xC2\x9B\xC2\x80\xC2\xA0"),
            "\\u009b\\u0080\xC2\xA0");  // C1; a blank that does not break
  EXPECT_EQ(printable("\xE2\x80\xAE\xE2\x80\xAA\xE2\x81\xA6\xE2\x80\x8F\xD8\x9C"),
            "\\u202e\\u202a\\u2066\\u200f\\u061c");
  EXPECT_EQ(printable("\xE2\x80\xA8|\xE2\x80\x8D"), "\\u2028|\xE2\x80\x8D");  // a joiner stays
  EXPECT_EQ(printable("\x9B\xE9t\xC3"), "\\x9b\\xe9t\\xc3");                  // not valid UTF-8
  EXPECT_EQ(printable("\xC0\x9B\xED\xA0\x80\xF5\x80\x80\x80"),
            "\\xc0\\x9b\\xed\\xa0\\x80\\xf5\\x80\\x80\\x80");
  EXPECT_EQ(printable("a\tb\nc\rd"), "a b c d");
  EXPECT_EQ(printable("a\tb\nc\rd", Shown::kLines), "a\tb\nc d");
}

TEST(Text, ShellWordsKeepTheirBytes) {
  EXPECT_EQ(shell_word("B0002E1G5C"), "B0002E1G5C");
  EXPECT_EQ(shell_word("two words"), "'two words'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a\x1b[1m'\\\n"), "$'a\\033[1m\\047\\134\\012'");
  EXPECT_EQ(shell_word("\xE2\x80\xAE"), "$'\\342\\200\\256'");
  EXPECT_EQ(shell_word("caf\xE9"), "$'caf\\351'");
  EXPECT_EQ(shell_word("caf\xC3\xA9"), "caf\xC3\xA9");
}

}  // namespace
}  // namespace akin
