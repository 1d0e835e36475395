// Values, texts and layouts of delimited files.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/options.h"
#include "akin/data/readers/test_files.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

TEST(ParseValue, ReadsNumbers) {
  EXPECT_EQ(parse_value("4").value, 4.0F);
  EXPECT_EQ(parse_value("3.5").value, 3.5F);
  EXPECT_EQ(parse_value(" 2.25 ").value, 2.25F);
  EXPECT_EQ(parse_value("-1").value, -1.0F);
  EXPECT_EQ(parse_value("+7").value, 7.0F);
  EXPECT_EQ(parse_value("1e3").value, 1000.0F);
  EXPECT_EQ(parse_value(".5").value, 0.5F);
  EXPECT_EQ(parse_value("5.").value, 5.0F);
  EXPECT_EQ(parse_value("16777217").value, 16777216.0F);
}

TEST(ParseValue, RoundsAsStrtofDoes) {
  Rng rng(5);
  for (int i = 0; i < 100'003; ++i) {
    std::string text = fmt::format("{}", rng.below(100'000'000));
    text.insert(rng.below(text.size() + 1), ".");
    const ParsedValue parsed = parse_value(text);
    if (text == ".") continue;
    ASSERT_EQ(parsed.problem, nullptr) << text;
    ASSERT_EQ(parsed.value, std::strtof(text.c_str(), nullptr)) << text;
  }
}

TEST(ParseValue, SaysWhatIsWrong) {
  EXPECT_STREQ(parse_value("").problem, "no value");
  EXPECT_STREQ(parse_value("  ").problem, "no value");
  for (const char* const text : {".", "4x", "1.2.3", "four", "1,5", "+-3", "--3", "4 5"}) {
    EXPECT_STREQ(parse_value(text).problem, "value is not a number") << text;
  }
  for (const char* const text : {"nan", "NaN", "inf", "-inf"}) {
    EXPECT_STREQ(parse_value(text).problem, "value is NaN or infinite") << text;
  }
  EXPECT_STREQ(parse_value("1e39").problem, "value out of range");
}

TEST(TextDecoder, Utf8IsKeptOtherBytesAreLatin1) {
  TextDecoder decode;
  EXPECT_EQ(decode("  Amélie "), "Amélie");
  EXPECT_EQ(decode.repaired(), 0U);
  EXPECT_EQ(decode("Am\xe9lie"), "Amélie");
  EXPECT_EQ(decode.repaired(), 1U);
  EXPECT_NE(decode.note().find("Latin-1"), std::string::npos);
  EXPECT_EQ(TextDecoder(Encoding::kLatin1)("\xc3\xa9"), "Ã©");
  EXPECT_EQ(TextDecoder(Encoding::kUtf8)("a\xff"
                                         "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(decode("   "), "");
}

TEST(TextDecoder, KnowsValidUtf8) {
  for (const char* const text : {"", "abc", "é", "€", "😀", "0123456789é"}) EXPECT_TRUE(is_utf8(text)) << text;
  for (const char* const text : {"\x80", "\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xf5", "\xe2\x82", "12345678\xe9"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

TEST(Options, KindsAndDelimiters) {
  EXPECT_EQ(kind_of("add_to_cart"), EventKind::kCart);
  EXPECT_EQ(kind_of("Transaction"), EventKind::kPurchase);
  EXPECT_EQ(kind_of("pv"), EventKind::kView);
  EXPECT_EQ(kind_of("nothing"), std::nullopt);
  EXPECT_EQ(delimiter_of("tab"), "\t");
  EXPECT_EQ(delimiter_of("::"), "::");
  EXPECT_THROW(delimiter_of(""), Error);
  EXPECT_THROW(delimiter_of("\""), Error);
}

TEST(ValueParser, TruthValuesThousandsAndCommas) {
  const ValueParser point, comma(',');
  for (const auto& [text, value] :
       {std::pair("4.5", 4.5F), std::pair("TRUE", 1.0F), std::pair("no", 0.0F), std::pair("1,300", 1300.0F),
        std::pair("-1,300.5", -1300.5F), std::pair("\t12 345 ", 12345.0F), std::pair("1e3", 1000.0F)}) {
    EXPECT_EQ(point(text).problem, nullptr) << text;
    EXPECT_EQ(point(text).value, value) << text;
  }
  for (const auto& [text, value] :
       {std::pair("4,5", 4.5F), std::pair("1.300", 1300.0F), std::pair("1.300,5", 1300.5F),
        std::pair("4.5", 4.5F), std::pair("-,5", -0.5F)}) {
    EXPECT_EQ(comma(text).problem, nullptr) << text;
    EXPECT_EQ(comma(text).value, value) << text;
  }
  for (const char* const text :
       {"1,30", "13,00,0", "1234,567", ",300", "1,,300", "x", "y", "1,300,", "truely"})
    EXPECT_STREQ(point(text).problem, "value is not a number") << text;
  EXPECT_STREQ(point("").problem, "no value");
}

Layout layout_of(const std::string& content, const LayoutHints& hints = {}) {
  const TestFolder folder;
  ImportReport report;
  const Context context;
  RecordReader reader(folder.add("x", content), {}, report, context);
  return detect_layout(reader, hints);
}

TEST(Layout, FindsTheDelimiter) {
  EXPECT_EQ(layout_of("1,2,3\n4,5,6\n").dialect.delimiter, ",");
  EXPECT_EQ(layout_of("1;2,5;3\n4;5;6\n").dialect.delimiter, ";");
  EXPECT_EQ(layout_of("1\t2 a,b\n3\t4\n").dialect.delimiter, "\t");
  EXPECT_EQ(layout_of("1|2|a\n3|4|b\n").dialect.delimiter, "|");
  EXPECT_EQ(layout_of("1::a|b::3\n2::c::4\n").dialect.delimiter, "::");
  EXPECT_EQ(layout_of("1 2 3\n4  5 6\n").dialect.delimiter, "");
  EXPECT_EQ(layout_of("id,name\n1,\"a,b\"\n").dialect.delimiter, ",");
  EXPECT_EQ(layout_of("a,b,c\n1,2,3\n4,5\n").dialect.delimiter, ",");
}

TEST(Layout, TellsHeadersFromRecords) {
  EXPECT_EQ(layout_of("user_id,foo\na,b\n").header, (std::vector<std::string>{"user_id", "foo"}));
  EXPECT_TRUE(layout_of("1,2,3\n4,5,6\n").header.empty());
  EXPECT_TRUE(layout_of("u1,i1\nu2,i2\n").header.empty());
  EXPECT_EQ(layout_of("who,what,much\na,b,3\n").header.size(), 3U);
  LayoutHints hints;
  hints.names = {"what"};
  EXPECT_EQ(layout_of("who,what\na,b\n", hints).header.size(), 2U);
  hints.header = "no";
  EXPECT_TRUE(layout_of("who,what\na,b\n", hints).header.empty());
  hints.header = "maybe";
  EXPECT_THROW(layout_of("who,what\na,b\n", hints), Error);
}

TEST(Layout, LeavesOutWhatStandsAboveTheTable) {
  const std::vector<std::string> header = {"item", "user", "rating"};
  for (const char* const above : {"sep=;\n", "\"sep=;\"\n", "# made by a shop\n# do, not; edit\n", "// x\n\n",
                                  "Sales of 2021\n\nall shops\n", "Sales of 2021;;\n;;\n", "Ratings;;\n",
                                  "Sales;2021;\nall shops;;\n"}) {
    const Layout layout = layout_of(std::string(above) + "item;user;rating\na;u;3\nb;v;4\n");
    EXPECT_EQ(layout.dialect.delimiter, ";") << above;
    EXPECT_EQ(layout.header, header) << above;
    EXPECT_NE(layout.note.find("above the table are left out"), std::string::npos) << above;
  }
  EXPECT_EQ(layout_of("# user\titem\nu1\ti1\n").header, (std::vector<std::string>{"user", "item"}));
  for (const char* const title : {"Export,,\n,,\n", "Export\n"}) {
    EXPECT_EQ(layout_of(std::string(title) + "kunde,artikel,menge\nk1,a1,3\nk2,a2,4\n").header.size(), 3U)
        << title;
    EXPECT_TRUE(layout_of("7,,\n1,2,3\n4,5,6\n").header.empty()) << "no titles";
  }
  EXPECT_TRUE(layout_of("ann;apple;\nbob;book;\ncid;pear;\n").header.empty()) << "records, no titles";
  const Layout ids = layout_of("#1,a\n#2,b\n3,c\n");
  EXPECT_TRUE(ids.header.empty());
  EXPECT_EQ(ids.first[0], "#1") << "an id, no comment";
  std::string long_comment;
  for (int i = 0; i < 60; ++i) long_comment += "# a line\n";
  EXPECT_EQ(layout_of(long_comment + "item;user;rating\na;u;3\n").header, header);
  EXPECT_TRUE(layout_of("# nothing else\n").header.empty());
}

TEST(Layout, AFirstLineWithoutDigitsAboveOthersIsAHeader) {
  EXPECT_EQ(layout_of("kunde,artikel\nu1,p1\nu2,p2\n").header.size(), 2U);
  EXPECT_TRUE(layout_of("ann,apple\nbob,pear\neve,plum\n").header.empty());
}

TEST(Layout, TwoTabsAreOneDelimiterWhereAColumnIsEmpty) {
  EXPECT_EQ(layout_of("u\t\ti\t3\nv\t\tj\t4\n").dialect.delimiter, "");
  EXPECT_EQ(layout_of("u\t\ti\t3\nv\tx\tj\t4\n").dialect.delimiter, "\t");
}

TEST(Layout, NamesColumns) {
  const Layout layout = layout_of("CustomerID,Stock Code,n\nu,i,1\n");
  EXPECT_EQ(layout.column("customer_id", "x"), 0U);
  EXPECT_EQ(layout.column("3", "x"), 2U);
  EXPECT_EQ(layout.usual_column("item"), 1U);
  EXPECT_EQ(layout.usual_column("time"), kNoColumn);
  try {
    layout.column("StockCod", "file.csv");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("did you mean Stock Code"), std::string::npos) << error.what();
  }
  EXPECT_THROW(layout.column("4", "x"), Error);
  EXPECT_THROW(layout.column("0", "x"), Error);
}

}  // namespace
}  // namespace akin
