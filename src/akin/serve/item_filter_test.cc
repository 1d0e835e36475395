#include "akin/serve/item_filter.h"

#include <gtest/gtest.h>

#include <functional>

#include "akin/base/error.h"
#include "akin/data/attribute_type.h"

namespace akin {
namespace {

/// Five items; the last has no attributes.
Dataset catalogue() {
  struct Row {
    const char *price, *brand, *tags, *released, *sizes, *title;
  };
  const Row rows[] = {{"49.99", "Acme", "red|new", "2019-12-31", "38|39", "Kettle"},
                      {"50", "Bolt, Inc.", "Red", "2020-01-31T10:00:00Z", "40", "Pot"},
                      {"7", "acme", "blue", "2021-06-01", "", "Pan"},
                      {"1000", "Zed", "", "2022-01-01", "39|45", "Wok"}};
  Dataset data;
  for (int i = 0; i < 5; ++i) data.items.add("i" + std::to_string(i));
  const auto set = [&](const char* name, const char* type, const char* Row::*field) {
    StringColumn& column = data.item_attributes.column(name);
    for (std::size_t i = 0; i < 4; ++i) column.set(i, rows[i].*field);
    column.resize(5);
    data.item_attributes.set_type(name, parse_attribute_type(type));
  };
  set("price", "number", &Row::price);
  set("brand", "category", &Row::brand);
  set("tags", "list:|", &Row::tags);
  set("released", "date", &Row::released);
  set("sizes", "list:|", &Row::sizes);
  set("title", "text", &Row::title);
  return data;
}

/// The items that pass, as their digits.
std::string passing(const std::vector<std::string>& filters) {
  const Dataset data = catalogue();
  std::vector<char> allowed(5, 1);
  apply_filters(data, parse_filters(filters), allowed);
  std::string result;
  for (std::size_t i = 0; i < 5; ++i) result += allowed[i] != 0 ? std::to_string(i) : "";
  return result;
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string message(const std::string& filter) {
  return error_of([&] { passing({filter}); });
}

TEST(ItemFilter, Numbers) {
  EXPECT_EQ(passing({"price<50"}), "02");
  EXPECT_EQ(passing({"price <= 50"}), "012");
  EXPECT_EQ(passing({"price>50"}), "3");
  EXPECT_EQ(passing({"price>=50"}), "13");
  EXPECT_EQ(passing({"price=50.0"}), "1");
  EXPECT_EQ(passing({"price!=50"}), "0234");
  EXPECT_EQ(passing({"price>=10", "price<100"}), "01");
}

TEST(ItemFilter, TextsInAnyLetterCase) {
  EXPECT_EQ(passing({"brand=ACME"}), "02");
  EXPECT_EQ(passing({"brand!=acme"}), "134");
  EXPECT_EQ(passing({"brand in Acme,Zed"}), "023");
  EXPECT_EQ(passing({"brand=Acme, Zed"}), "023");
  EXPECT_EQ(passing({"brand=Bolt, Inc."}), "1") << "a value with a comma";
  EXPECT_EQ(passing({"brand in \"Bolt, Inc.\",Zed"}), "13");
  EXPECT_EQ(passing({"brand in Zed,Bolt, Inc."}), "13") << "a value with a comma in a list";
  EXPECT_EQ(passing({"brand=bolt, inc. , Acme"}), "012");
  EXPECT_EQ(passing({"brand!=Zed,Bolt, Inc."}), "024");
  EXPECT_EQ(passing({"title=pot"}), "1");
}

TEST(ItemFilter, AnyElementOfAList) {
  EXPECT_EQ(passing({"tags=red"}), "01");
  EXPECT_EQ(passing({"tags in new,blue"}), "02");
  EXPECT_EQ(passing({"tags!=red"}), "234");
  EXPECT_EQ(passing({"sizes>=40"}), "13");
  EXPECT_EQ(passing({"sizes<39"}), "0");
}

TEST(ItemFilter, Dates) {
  EXPECT_EQ(passing({"released>=2020-01-31"}), "123");
  EXPECT_EQ(passing({"released<2020"}), "0") << "a year is its first day, not seconds";
  EXPECT_EQ(passing({"released>=2021-06"}), "23");
  EXPECT_EQ(passing({"released=2021-06-01T00:00:00Z"}), "2");
}

TEST(ItemFilter, WhatIsWrongIsSaid) {
  EXPECT_EQ(message("pric<5"),
            "items have no attribute 'pric' (did you mean price?); they have: price, brand, "
            "tags, released, sizes, title");
  EXPECT_EQ(message("price<5"), "no item meets the filter on price with '5': its values go from 7 to 1000");
  EXPECT_EQ(message("price<cheap"), "filter on price: 'cheap' is no number, as its values are");
  EXPECT_EQ(message("brand in Acme,Bot"),
            "no item has brand 'Bot'; a value that holds a comma stands in double quotes");
  EXPECT_EQ(message("brand=Zad"), "no item has brand 'Zad' (did you mean Zed?)");
  EXPECT_NE(message("brand<5").find("of type category"), std::string::npos);
  for (const char* wrong : {"Home", "=x", "<5", "price<", "price!5", ""})
    EXPECT_NE(message(wrong).find("is not ATTRIBUTE=VALUE"), std::string::npos) << wrong;
}

TEST(ItemFilter, AnEmptyValueIsNoCondition) {
  for (const char* const filter : {"price=", "price!= ", "brand=\"\"", "brand in Acme,\"\"", "brand=,"})
    EXPECT_NE(message(filter).find("has an empty value"), std::string::npos) << filter;
}

TEST(ItemFilter, ListsKeepToLimits) {
  const Dataset data = catalogue();
  const auto taken = [&](const std::vector<std::string>& limits) {
    LimitedList list(data, parse_group_limits(limits));
    std::string result;
    for (idx_t item = 0; item < 5; ++item) result += list.take(item) ? std::to_string(item) : "";
    return result;
  };
  EXPECT_EQ(taken({"1:brand"}), "0134") << "acme is Acme; what has no brand is not limited";
  EXPECT_EQ(taken({"1:tags"}), "0234") << "each element of a list counts";
  EXPECT_EQ(taken({"1:brand", "1:sizes"}), "014") << "39 is taken";
  for (const char* wrong : {"brand", "0:brand", "2:", "x:brand", ":brand", "-1:brand"})
    EXPECT_THROW(parse_group_limits({wrong}), Error) << wrong;
}

TEST(ItemFilter, PathsOfCategoriesCountAsAWhole) {
  Dataset data;
  StringColumn& column = data.item_attributes.column("category");
  for (const char* path : {"Home|Pots", "Home|Pans", "Home|Pots"}) {
    column.push_back(path);
    data.items.add(std::to_string(data.items.size()));
  }
  data.item_attributes.set_type("category", parse_attribute_type("list"));
  LimitedList list(data, {{1, "category"}});
  EXPECT_TRUE(list.take(0));
  EXPECT_TRUE(list.take(1));
  EXPECT_FALSE(list.take(2));
}

TEST(EventKinds, ByName) {
  EXPECT_EQ(parse_event_kinds({"purchase", "view"}),
            (std::vector<EventKind>{EventKind::kPurchase, EventKind::kView}));
  EXPECT_EQ(error_of([] { parse_event_kinds({"purchases"}); }).substr(0, 62),
            "unknown kind of event 'purchases' (did you mean purchase?); th");
}

}  // namespace
}  // namespace akin
