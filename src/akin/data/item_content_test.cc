#include "akin/data/item_content.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/data/attribute_type.h"
#include "akin/data/builder.h"
#include "akin/data/split_dataset.h"

namespace akin {
namespace {

Dataset reviewed() {
  DatasetBuilder builder;
  builder.add_review(builder.add_event("u", "a", 5, 1), "fine", "boils water");
  builder.add_review(builder.add_event("v", "a", 5, 1), "", "heldoutword");
  builder.add_review(builder.add_event("v", "b", 5, 0), "", "cuts bread");
  builder.set_item_attribute("a", "title", "kettle");
  builder.set_item_attribute("cold", "image", "cold.jpg");
  ImportReport report;
  return builder.build("x", {}, report, {});
}

std::vector<std::string> texts(const ItemContent& content, std::string_view field, std::size_t item) {
  std::vector<std::string> result;
  content.for_texts(field, item, [&](std::string_view text) { result.emplace_back(text); });
  return result;
}

TEST(ItemContent, HoldsAttributesReviewsAndPicturesOfTheCatalogue) {
  const Dataset data = reviewed();
  const ItemContent content(data);
  ASSERT_EQ(content.size(), 3u);
  EXPECT_EQ(texts(content, "title", 0), (std::vector<std::string>{"kettle"}));
  EXPECT_EQ(texts(content, "reviews", 0), (std::vector<std::string>{"fine", "boils water", "heldoutword"}));
  EXPECT_EQ(texts(content, "reviews", 1), (std::vector<std::string>{"cuts bread"}));
  EXPECT_TRUE(texts(content, "reviews", 2).empty());
  EXPECT_EQ(content.pictures(2), (std::vector<std::string_view>{"cold.jpg"}));
  EXPECT_EQ(content.fields(), (std::vector<std::string>{"title", "image", "reviews"}));
}

TEST(ItemContent, OfTrainingHoldsNoWordOfAHeldOutReview) {
  const SplitDataset split = split_dataset(reviewed(), {.holdout = Holdout::kLast});
  ASSERT_EQ(split.test.size(), 1u);
  const ItemContent content(split.dataset);
  EXPECT_EQ(texts(content, "reviews", 0), (std::vector<std::string>{"fine", "boils water"}));
  EXPECT_EQ(texts(content, "reviews", 1), (std::vector<std::string>{"cuts bread"}));
  for (std::size_t r = 0; r < split.dataset.reviews.size(); ++r)
    EXPECT_FALSE(contains(split.dataset.reviews.text[r], "heldoutword"));
}

TEST(NewItems, ReadsObjectsAndLists) {
  AttributeTable types;
  types.column("tags");
  types.set_type("tags", parse_attribute_type("list:;"));
  const NewItems items = parse_new_items(
      R"([{"id": "n1", "title": "Kettle", "price": 12.5, "tags": ["steel", "kitchen"], "used": false},
          {"title": null}])",
      types, "new.json");
  EXPECT_EQ(items.ids, (std::vector<std::string>{"n1", ""}));
  EXPECT_EQ(items.content.attributes().get("tags", 0), "steel;kitchen");
  EXPECT_EQ(items.content.attributes().type("tags"), types.type("tags"));
  EXPECT_EQ(items.content.attributes().get("price", 0), "12.5");
  EXPECT_EQ(items.content.attributes().get("used", 0), "false");
  EXPECT_EQ(items.content.attributes().get("title", 1), "");
  EXPECT_EQ(parse_new_items(R"({"title": "Pan"})", types, "x").content.size(), 1u);
}

TEST(NewItems, RefusesWhatIsNoItem) {
  for (const char* const wrong :
       {"", "[]", "3", "[1]", R"({"title": {"en": "Pan"}})", R"({"tags": [["a"]]})", "{"}) {
    EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { parse_new_items(wrong, {}, "new.json"); }),
                         "new.json"))
        << wrong;
  }
}

TEST(NewItems, FieldsAreFoundByTheNamesThatAnImportKnows) {
  AttributeTable types;
  types.column("category");
  types.set_type("category", parse_attribute_type("list"));
  const NewItems items = parse_new_items(
      R"([{"genres": ["Drama", "War"]}, {"Genre": "Drama", "category": "Comedy"}])", types, "new.json");
  EXPECT_EQ(items.content.attributes().get("category", 0), "Drama|War");
  EXPECT_EQ(items.content.attributes().get("category", 1), "Comedy");
  EXPECT_EQ(items.unknown, (std::vector<std::string>{"Genre"}));
}

TEST(NewItems, NamesValuesThatDoNotFitTheirType) {
  AttributeTable types;
  types.column("price");
  types.set_type("price", parse_attribute_type("number"));
  const NewItems items = parse_new_items(
      R"([{"price": "5 or 6"}, {"price": 5.99}, {"price": " 6 "}, {"price": null}])", types, "new.json");
  EXPECT_EQ(items.unfit, (std::vector<std::string>{"price '5 or 6' of item 1 is no number"}));
  EXPECT_EQ(new_items_remark(items, types), items.unfit[0]);
  for (const auto& [name, type] : {std::pair("day", "date"), std::pair("brand", "category")}) {
    types.column(name);
    types.set_type(name, parse_attribute_type(type));
  }
  const NewItems more =
      parse_new_items(R"([{"day": "2015-02-03"}, {"day": 2015}, {"day": 1423000000}, {"day": "1.2.15"},
                                            {"brand": ["Acme", "Bolt"]}])",
                      types, "new.json");
  EXPECT_EQ(more.unfit,
            (std::vector<std::string>{"day '2015' of item 2 is no date", "day '1.2.15' of item 4 is no date",
                                      "brand of item 5 is a list, and the data have one value of it"}));
}

}  // namespace
}  // namespace akin
