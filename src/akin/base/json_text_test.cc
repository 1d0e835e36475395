#include "akin/base/json_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"

namespace akin {
namespace {

template <typename Work>
std::string refusal(Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    return error.what();
  }
  return "";
}

std::string parsed(const std::string& text) {
  return refusal([&] { (void)parse_json(text, "x.akin"); });
}

TEST(JsonText, BoundsDepthBeforeAnythingIsBuilt) {
  const std::string deep = "x.akin: the JSON text is nested deeper than 100 levels";
  EXPECT_EQ(parsed(std::string(100, '[') + std::string(100, ']')), "");
  EXPECT_EQ(parsed(std::string(101, '[') + std::string(101, ']')), deep);
  EXPECT_EQ(parsed(std::string(20'000'000, '[')), deep);
  std::string objects;
  for (int i = 0; i < 200; ++i) objects += "{\"a\":";
  EXPECT_EQ(parsed(objects), deep);
  EXPECT_EQ(parsed("[\"" + std::string(200, '[') + "\\\"" + std::string(200, '{') + "\"]"), "");
  EXPECT_EQ(parsed("[\"\\\\\"," + std::string(200, '[')), deep);
}

TEST(JsonText, SaysThatATextIsNotJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nul", "\"\xff\""})
    EXPECT_EQ(parsed(text), "x.akin: is not a JSON text") << text;
}

TEST(JsonFields, GivesFieldsOfTheRightType) {
  const nlohmann::json object = nlohmann::json::parse(
      R"({"t": "x", "n": 1.5, "w": -3, "s": 18446744073709551615, "f": true, "l": ["a"], "m": {"k": "v"}, "z": null})");
  const JsonFields fields(object, "x.akin");
  EXPECT_EQ(fields.text("t"), "x");
  EXPECT_EQ(fields.number("n"), 1.5);
  EXPECT_EQ(fields.number("w"), -3);
  EXPECT_TRUE(std::isnan(fields.number_or_null("z")));
  EXPECT_EQ(fields.whole("w", -3, 0), -3);
  EXPECT_EQ(fields.seed("s"), 18446744073709551615ULL);
  EXPECT_TRUE(fields.flag("f"));
  EXPECT_EQ(fields.texts("l"), std::vector<std::string>{"a"});
  EXPECT_EQ(fields.text_map("m").at("k"), "v");
}

TEST(JsonFields, RefusesEveryOtherType) {
  const nlohmann::json object = nlohmann::json::parse(
      R"({"text": "x", "real": 1.5, "huge": 18446744073709551615, "wide": 4294967296, "list": [1], "map": {"k": 1}})");
  const JsonFields fields(object, "x.akin");
  EXPECT_EQ(refusal([&] { fields.text("real"); }), "x.akin: real is not a text");
  EXPECT_EQ(refusal([&] { fields.text("absent"); }), "x.akin: absent is missing");
  EXPECT_EQ(refusal([&] { fields.number("text"); }), "x.akin: text is not a number");
  for (const char* name : {"real", "huge", "wide", "text"})
    EXPECT_EQ(refusal([&] { fields.whole(name, 0, 2147483647); }),
              fmt::format("x.akin: {} is not a whole number from 0 to 2147483647", name));
  EXPECT_EQ(refusal([&] { fields.seed("real"); }), "x.akin: real is not a whole number from 0 to 2^64 - 1");
  EXPECT_EQ(refusal([&] { fields.flag("text"); }), "x.akin: text is not true or false");
  EXPECT_EQ(refusal([&] { fields.texts("list"); }), "x.akin: list is not a list of texts");
  EXPECT_EQ(refusal([&] { fields.text_map("map"); }), "x.akin: map: k is not a text");
  EXPECT_EQ(refusal([&] { fields.text_map("list"); }), "x.akin: list: is not a JSON object");
  const nlohmann::json list = nlohmann::json::array();
  EXPECT_EQ(refusal([&] { JsonFields(list, "x.akin"); }), "x.akin: is not a JSON object");
}

}  // namespace
}  // namespace akin
