#include "akin/data/attribute_type.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/data/string_column.h"

namespace akin {
namespace {

using Kind = AttributeType::Kind;

StringColumn column(const std::vector<std::string>& values) {
  StringColumn result;
  for (const std::string& value : values) result.push_back(value);
  return result;
}

TEST(AttributeType, ReadsBackItsText) {
  for (const char* const text :
       {"text", "category", "number", "date", "picture", "list:|", "list:;", "list: > "})
    EXPECT_EQ(to_string(parse_attribute_type(text)), text);
  EXPECT_EQ(parse_attribute_type("list").separator, "|");
  EXPECT_EQ(parse_attribute_type("list:comma").separator, ",");
  EXPECT_EQ(parse_attribute_type(to_string(parse_attribute_type("list:comma"))).separator, ",");
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [] { parse_attribute_type("nunber"); }), "number"));
  for (const char* const wrong : {"", "list:", "text:x", "number:"})
    EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { parse_attribute_type(wrong); }), "type"))
        << wrong;
}

TEST(AttributeType, GuessesByNameAndValues) {
  const auto guess = [](std::string_view name, const std::vector<std::string>& values) {
    return guess_attribute_type(name, column(values)).kind;
  };
  EXPECT_EQ(guess("title", {"1984", "2001"}), Kind::kText) << "a name that is known";
  EXPECT_EQ(guess("category", {"Toys"}), Kind::kList);
  EXPECT_EQ(guess("stock", {"3", "", " 4.5", "-1e3"}), Kind::kNumber);
  EXPECT_EQ(guess("stock", {"3", "few"}), Kind::kCategory);
  EXPECT_EQ(guess("released", {"2010-12-01", "2011-01-02 10:00"}), Kind::kDate);
  EXPECT_EQ(guess("genres", {"Comedy|Drama", "Drama", "Crime"}), Kind::kList);
  EXPECT_EQ(guess("plot", {"a man meets a dog", "a dog meets a man"}), Kind::kText);
  EXPECT_EQ(guess("color", {"dark red", "dark red", "blue"}), Kind::kCategory);
  EXPECT_EQ(guess("empty", {"", ""}), Kind::kText);
}

TEST(AttributeType, ElementsOfLists) {
  const AttributeType path = parse_attribute_type("list: > ");
  EXPECT_EQ(elements_of(path, "Home > Kitchen >  Kettles "),
            (std::vector<std::string_view>{"Home", "Kitchen", "Kettles"}));
  EXPECT_EQ(elements_of(parse_attribute_type("list:|"), "|a||b|"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(elements_of({Kind::kCategory}, " a|b "), (std::vector<std::string_view>{"a|b"}));
  EXPECT_TRUE(elements_of(path, "").empty());
  EXPECT_EQ(number_of_value(" 12.50 "), 12.5F);
  EXPECT_TRUE(std::isnan(number_of_value("cheap")));
}

TEST(AttributeType, PricesAreNumbersAsShopsWriteThem) {
  const std::vector<std::pair<const char*, float>> numbers = {
      {"12.5", 12.5F}, {" $12.50 ", 12.5F}, {"12,50", 12.5F},   {"9,90 EUR", 9.9F},     {"\u20ac 9,90", 9.9F},
      {"-3", -3},      {"1,250.00", 1250},  {"1.250,00", 1250}, {"1,250,000", 1250000}, {"1.250", 1.25F}};
  for (const auto& [text, number] : numbers) EXPECT_FLOAT_EQ(number_of_value(text), number) << text;
  for (const char* const text : {"", "1,250", "yes", "5 or 6", "12,5,0", "$", "EUR"})
    EXPECT_TRUE(std::isnan(number_of_value(text))) << text;
}

}  // namespace
}  // namespace akin
