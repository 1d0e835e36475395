#include "akin/data/readers/amazon_text.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace akin {
namespace {

TEST(AmazonText, HtmlReferencesAreDecodedOnce) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"", ""},
      {"plain", "plain"},
      {"Salt &amp; Pepper", "Salt & Pepper"},
      {"L&#39;Or&#xE9;al &#X20AC;", "L'Or\u00e9al \u20ac"},
      {"&lt;b&gt; &quot;x&quot; &apos;&nbsp;", "<b> \"x\" '\u00a0"},
      {"&amp;amp;", "&amp;"},
      {"AT&T; R&D & co &", "AT&T; R&D & co &"},
      {"&#0; &#xD800; &#1114112; &#; &#x; &#12a; &#99999999999;",
       "&#0; &#xD800; &#1114112; &#; &#x; &#12a; &#99999999999;"},
      {"&#x10FFFF;", "\U0010FFFF"},
      {"&unknown;", "&unknown;"},
  };
  for (const auto& [html, text] : cases) {
    std::string decoded;
    append_decoded_html(decoded, html);
    EXPECT_EQ(decoded, text);
  }
}

TEST(AmazonText, Prices) {
  EXPECT_EQ(plain_price("$12.99"), "12.99");
  EXPECT_EQ(plain_price(" 7 "), "7");
  EXPECT_EQ(plain_price("$1,299.00"), "1299.00");
  EXPECT_EQ(plain_price("$1,234,567"), "1234567");
  EXPECT_EQ(plain_price("$10.99 - $15.99"), "10.99");
  EXPECT_EQ(plain_price("from 14.99"), "14.99");
  for (const std::string_view text : {"", "$", "from", "\u2014", ".a-box-inner{background-color:#fff}",
                                      "12.99 EUR", "12.", ".5", "1.2.3", "-5", ",5", "12.9,9", "free"}) {
    EXPECT_EQ(plain_price(text), std::nullopt) << text;
  }
}

TEST(AmazonText, Dates) {
  EXPECT_EQ(parse_review_date("09 06, 2013"), 1378425600);
  EXPECT_EQ(parse_review_date("02 4, 2014"), 1391472000);
  EXPECT_EQ(parse_review_date("1 1, 1970"), 0);
  EXPECT_EQ(parse_review_date("02 29, 2012"), 1330473600);
  for (const std::string_view text : {"", "02 29, 2013", "13 01, 2013", "00 01, 2013", "01 32, 2013",
                                      "2013-01-01", "01 01 2013", "01 01, ", "01 01, 2013x", "x"}) {
    EXPECT_EQ(parse_review_date(text), std::nullopt) << text;
  }
}

TEST(AmazonText, Trim) {
  EXPECT_EQ(trim("  a b\n"), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
}

}  // namespace
}  // namespace akin
