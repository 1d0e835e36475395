#include "akin/data/readers/python_literal.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace akin {
namespace {

TEST(PythonLiteral, EachFormHasItsJson) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {R"({'asin': '0001', 'price': 12.99})", R"({"asin":"0001","price":12.99})"},
      {R"({"title": "Men's", 'brand': '5" nails'})", R"({"title":"Men's","brand":"5\" nails"})"},
      {R"([1, -2, 3L, 1e-05, 2E+3])", "[1,-2,3,1e-05,2E+3]"},
      {"(1, (2,), (), [3,],)", "[1,[2],[],[3]]"},
      {"{}", "{}"},
      {" { 'a' : [ ] , } ", R"({"a":[]})"},
      {"[None, True, False]", "[null,true,false]"},
      {"[null, true, false, NaN, nan, inf, Infinity, -Infinity, -inf]",
       "[null,true,false,null,null,null,null,null,null]"},
      {"{5: 'five', -1L: None}", R"({"5":"five","-1":null})"},
      {R"([u'x', U'y', b'z'])", R"(["x","y","z"])"},
      {R"('a\n\t\r\b\f\\\'\"\/')", R"("a\u000a\u0009\u000d\u0008\u000c\\'\"/")"},
      {R"('\a\v\0\101\7x')", R"("\u0007\u000b\u0000A\u0007x")"},
      {R"('\d\ ')", R"("\\d\\ ")"},
      {"'tab\there'", R"("tab\u0009here")"},
      {R"(u'caf\xe9 \u00e9 \u20ac \U0001F600')", "\"caf\u00e9 \u00e9 \u20ac \U0001F600\""},
      {R"(u'\ud83d\ude00')", "\"\U0001F600\""},
      {R"('caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80')",
       "\"caf\u00e9 \u20ac \U0001F600\""},              // Python 2 bytes
      {R"('\xe9t\xe9')", "\"\u00e9t\u00e9\""},          // Latin-1
      {R"(u'\xc3\xa9')", "\"\u00c3\u00a9\""},           // text: two letters
      {R"('\xe0\x80\x80')", "\"\u00e0\u0080\u0080\""},  // an overlong form is not valid UTF-8
      {R"("\ud83d" )", "\"\uFFFD\""},
      {R"("\ud83d\u0041\udc00")", "\"\uFFFDA\uFFFD\""},
      {"'caf\u00e9'", "\"caf\u00e9\""},
  };
  for (const auto& [python, json] : cases) {
    const auto result = python_literal_to_json(python);
    ASSERT_TRUE(result.has_value()) << python;
    EXPECT_EQ(*result, json) << python;
  }
}

TEST(PythonLiteral, RefusesWhatIsNone) {
  for (const std::string_view text : {"",
                                      " ",
                                      "{",
                                      "[",
                                      "(",
                                      "'",
                                      "'a",
                                      "'a\\",
                                      "{'a'}",
                                      "{'a': }",
                                      "{'a' 1}",
                                      "{'a': 1 'b': 2}",
                                      "{'a': 1,, }",
                                      "[1 2]",
                                      "[1}",
                                      "(1]",
                                      "{,}",
                                      "[,]",
                                      "1 2",
                                      "{} x",
                                      "[1",
                                      "{'a': 1",
                                      "{None: 1}",
                                      "{[1]: 2}",
                                      "{{}: 1}",
                                      "name",
                                      "x'a'",
                                      "-",
                                      "-x",
                                      "1x",
                                      "12ab",
                                      "'\\x4'",
                                      "'\\xzz'",
                                      "'\\u12'",
                                      "'\\U00110000'",
                                      "'\\U0000'",
                                      "{'a', 'b'}",
                                      "'a' 'b'",
                                      "datetime(2014, 1, 1)",
                                      "__import__('os')",
                                      "\x80",
                                      "{\x80",
                                      "1_000"}) {
    EXPECT_FALSE(python_literal_to_json(text).has_value()) << text;
  }
  EXPECT_FALSE(python_literal_to_json(std::string_view("\0", 1)).has_value());
}

TEST(PythonLiteral, NestingIsBounded) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(python_literal_to_json(nested(200)).has_value());
  EXPECT_FALSE(python_literal_to_json(nested(300)).has_value());
  EXPECT_FALSE(python_literal_to_json(std::string(1'000'003, '[')).has_value());
  EXPECT_FALSE(python_literal_to_json(std::string(1'000'003, '{')).has_value());
  std::string dicts;
  for (int i = 0; i < 100'003; ++i) dicts += "{'a':(";
  EXPECT_FALSE(python_literal_to_json(dicts).has_value());
}

TEST(PythonLiteral, EveryTruncationIsRefused) {
  const std::string_view whole = R"({'a': [u'x\u00e9', (1, 2.5)], "b": {'c': None, 'd': '\xc3\xa9'}})";
  ASSERT_TRUE(python_literal_to_json(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(python_literal_to_json(whole.substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace akin
