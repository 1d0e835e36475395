#include "akin/data/builder.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/attribute_type.h"

namespace akin {
namespace {

struct Raw {
  const char* user;
  const char* item;
  float value;
  std::int64_t time;
  EventKind kind = EventKind::kRating;
};

Dataset build(const std::vector<Raw>& raw, const ImportFilters& filters, ImportReport& report) {
  DatasetBuilder builder;
  for (const Raw& event : raw) builder.add_event(event.user, event.item, event.value, event.time, event.kind);
  return builder.build("test", filters, report, {});
}

Dataset build(const std::vector<Raw>& raw, const ImportFilters& filters = {}) {
  ImportReport report;
  return build(raw, filters, report);
}

/// "user:item=value@time" of every event, in order.
std::vector<std::string> show(const Dataset& data) {
  std::vector<std::string> lines;
  for (const Event& e : data.events) {
    lines.push_back(
        fmt::format("{}:{}={}@{}", data.users.id(e.user), data.items.id(e.item), e.value, e.time));
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Builder, SortsByUserAndTimeAndKeepsFileOrderInTies) {
  const Dataset data =
      build({{"v", "a", 1, 9}, {"u", "b", 2, 5}, {"v", "c", 3, 1}, {"u", "d", 4, 5}, {"u", "e", 5, 4}});
  EXPECT_EQ(show(data), (Lines{"v:c=3@1", "v:a=1@9", "u:e=5@4", "u:b=2@5", "u:d=4@5"}));
  EXPECT_EQ(data.items.id(0), "a");
  EXPECT_TRUE(data.has_times());
  EXPECT_FALSE(data.has_given_split());
}

TEST(Builder, RefusesSumsThatAFloatDoesNotHold) {
  const auto refusal = [](const std::vector<Raw>& raw, const ImportFilters& filters) -> std::string {
    try {
      build(raw, filters);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      return error.what();
    }
    return "";
  };
  ImportFilters sum, mean, weights;
  sum.repeats = RepeatPolicy::kSum;
  mean.repeats = RepeatPolicy::kMean;
  weights.kind_weights = {{EventKind::kView, 10.0F}};
  const std::vector<Raw> large = {{"v", "b", 1, 1}, {"u", "a", 3e38F, 1}, {"u", "a", 3e38F, 2}};
  EXPECT_EQ(
      refusal(large, sum),
      "user 'u', item 'a': the values of its repeats add up to more than a value can be (3.4e+38); divide "
      "the values by a constant before the import, or take smaller weights or --repeats mean");
  EXPECT_EQ(refusal(large, mean), "");
  const std::vector<Raw> negative = {{"u", "a", -3e38F, 1}, {"u", "a", -3e38F, 2}};
  EXPECT_TRUE(refusal(negative, sum).starts_with("user 'u', item 'a': "));
  EXPECT_TRUE(refusal({{"u", "a", 3e38F, 1, EventKind::kView}}, weights)
                  .starts_with("user 'u', item 'a': its value times the weight of its kind is more"));
}

TEST(Builder, CountsWhatEachFilterRemoves) {
  ImportFilters filters;
  filters.min_value = 3;
  filters.since = 10;
  filters.until = 20;
  ImportReport report;
  const Dataset data = build({{"u", "a", 5, 12},
                              {"u", "b", 2, 12},
                              {"v", "c", 4, 9},
                              {"u", "c", 4, 20},
                              {"u", "d", 3, 19},
                              {"w", "d", 5, kNoTime}},
                             filters, report);
  EXPECT_EQ(show(data), (Lines{"u:a=5@12", "u:d=3@19"}));
  ASSERT_EQ(report.filters.size(), 3u);
  EXPECT_EQ(report.filters[0].step, "value below 3");
  EXPECT_EQ(report.filters[0].events, 1u);
  EXPECT_EQ(report.filters[0].items, 1u);
  EXPECT_EQ(report.filters[0].users, 0u);
  EXPECT_EQ(report.filters[1].events, 1u);  // without a time
  EXPECT_EQ(report.filters[2].events, 2u);
  EXPECT_EQ(report.filters[2].users, 1u);
  EXPECT_EQ(data.n_users(), 1u);
  EXPECT_EQ(data.n_items(), 2u);
}

TEST(Builder, WeighsKinds) {
  ImportFilters filters;
  filters.kind_weights = {{EventKind::kView, 0.f}, {EventKind::kPurchase, 3.f}};
  const Dataset data = build({{"u", "a", 1, 1, EventKind::kView},
                              {"u", "b", 1, 2, EventKind::kPurchase},
                              {"u", "c", 1, 3, EventKind::kCart}},
                             filters);
  EXPECT_EQ(show(data), (Lines{"u:b=3@2", "u:c=1@3"}));
}

TEST(Builder, MergesRepeats) {
  const std::vector<Raw> raw = {
      {"u", "a", 5, 2}, {"u", "a", 1, 1}, {"u", "a", 3, 2}, {"u", "a", 9, 1, EventKind::kView}};
  const auto merged = [&](RepeatPolicy policy) {
    ImportFilters filters;
    filters.repeats = policy;
    return show(build(raw, filters));
  };
  EXPECT_EQ(merged(RepeatPolicy::kKeep).size(), 4u);
  EXPECT_EQ(merged(RepeatPolicy::kFirst), (Lines{"u:a=1@1", "u:a=9@1"}));
  EXPECT_EQ(merged(RepeatPolicy::kLast), (Lines{"u:a=9@1", "u:a=3@2"}));
  EXPECT_EQ(merged(RepeatPolicy::kSum), (Lines{"u:a=9@1", "u:a=9@2"}));
  EXPECT_EQ(merged(RepeatPolicy::kMax), (Lines{"u:a=9@1", "u:a=5@2"}));
  EXPECT_EQ(merged(RepeatPolicy::kMean), (Lines{"u:a=9@1", "u:a=3@2"}));
}

TEST(Builder, RepeatsTheCoreUntilItIsStable) {
  // Dropping user w leaves item c with one event, which leaves user v with one.
  const std::vector<Raw> raw = {{"u", "a", 1, 1}, {"u", "b", 1, 2}, {"t", "a", 1, 1}, {"t", "b", 1, 1},
                                {"v", "a", 1, 1}, {"v", "c", 1, 1}, {"w", "c", 1, 1}};
  ImportFilters filters;
  filters.user_core = filters.item_core = 2;
  ImportReport report;
  const Dataset data = build(raw, filters, report);
  EXPECT_EQ(data.n_users(), 2u);
  EXPECT_EQ(data.n_items(), 2u);
  EXPECT_EQ(report.filters.at(0).events, 3u);
  EXPECT_EQ(report.filters.at(0).users, 2u);
  EXPECT_EQ(report.filters.at(0).items, 1u);
}

TEST(Builder, MinLengthCountsDifferentItems) {
  ImportFilters filters;
  filters.min_length = 2;
  EXPECT_EQ(
      build({{"u", "a", 1, 1}, {"u", "a", 1, 2}, {"v", "a", 1, 1}, {"v", "b", 1, 1}}, filters).n_users(), 1u);
}

TEST(Builder, AnEmptyResultIsAnError) {
  ImportReport report;
  EXPECT_THROW(build({}), Error);
  ImportFilters filters;
  filters.min_value = 6;
  try {
    build({{"u", "a", 5, 1}}, filters);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find("value below 6"), std::string::npos) << error.what();
  }
}

TEST(Builder, ReviewsFollowTheirEvents) {
  DatasetBuilder builder;
  const auto first = builder.add_event("u", "late", 5, 9);
  const auto second = builder.add_event("u", "early", 4, 1);
  const auto third = builder.add_event("u", "dropped", 1, 5);
  builder.add_review(first, "s1", "text of late");
  builder.add_review(second, "s2", "text of early");
  builder.add_review(third, "s3", "text of dropped");
  ImportFilters filters;
  filters.min_value = 2;
  ImportReport report;
  const Dataset data = builder.build("test", filters, report, {});
  ASSERT_EQ(data.reviews.size(), 2u);
  for (std::size_t r = 0; r < data.reviews.size(); ++r) {
    const Event& event = data.events.at(data.reviews.event[r]);
    EXPECT_EQ(data.reviews.text[r], "text of " + std::string(data.items.id(event.item)));
  }
}

TEST(Builder, AttributesLinksAndCandidatesFollowTheirItems) {
  DatasetBuilder builder;
  builder.keep_unseen_items = false;
  builder.set_item_attribute("cold", "title", "never sold");
  builder.set_item_attribute("b", "title", "kettle");
  builder.add_event("u", "a", 1, kNoTime);
  builder.add_event("v", "b", 1, kNoTime);
  builder.add_link("also_bought", "a", "b");
  builder.add_link("also_bought", "a", "cold");
  builder.add_candidate("u", "b");
  builder.add_candidate("u", "candidate only");
  builder.add_candidate("stranger", "a");
  ImportReport report;
  const Dataset data = builder.build("test", {}, report, {});
  EXPECT_EQ(data.n_items(), 3u) << "a, b and the candidate";
  EXPECT_EQ(data.item_attributes.get("title", data.items.at("b", "item")), "kettle");
  EXPECT_EQ(data.item_attributes.get("title", data.items.at("a", "item")), "");
  ASSERT_EQ(data.links.size(), 1u);
  EXPECT_EQ(data.links[0].pairs.size(), 1u);
  EXPECT_EQ(data.candidates.rows(), data.n_users());
  EXPECT_EQ(data.candidates.cols_of(data.users.at("u", "user")).size(), 2u);
  EXPECT_EQ(report.notes.size(), 3u) << "a lost link, a user and an item without events";
}

ImportFilters at_least(float value) {
  ImportFilters filters;
  filters.min_value = value;
  return filters;
}

/// "cold" is described, "gone" loses its events to a filter, "linked" is only a link's end.
DatasetBuilder catalogue() {
  DatasetBuilder builder;
  builder.set_item_attribute("cold", "title", "never sold");
  builder.set_item_attribute("gone", "title", "sold once, and rated badly");
  builder.set_item_attribute("a", "title", "sold");
  builder.add_link("also_bought", "a", "linked");
  builder.add_link("also_bought", "a", "cold");
  builder.add_event("u", "gone", 1, kNoTime);
  builder.add_event("u", "a", 5, kNoTime);
  builder.set_user_attribute("stranger", "age", "30");
  return builder;
}

TEST(Builder, ItemsWithoutEventsComeLast) {
  ImportReport report;
  const Dataset data = catalogue().build("test", at_least(3), report, {});
  ASSERT_EQ(data.n_items(), 2u);
  EXPECT_EQ(data.n_event_items(), 1u);
  EXPECT_EQ(data.items.id(0), "a");
  EXPECT_EQ(data.items.id(1), "cold");
  EXPECT_EQ(data.item_attributes.get("title", 1), "never sold");
  EXPECT_EQ(data.n_users(), 1u);
  ASSERT_EQ(data.links.size(), 1u);
  EXPECT_EQ(data.links[0].pairs, (std::vector<std::pair<idx_t, idx_t>>{{0, 1}}));
}

TEST(Builder, UnseenItemsGoAndUnseenUsersStayOnRequest) {
  DatasetBuilder builder = catalogue();
  builder.keep_unseen_items = false;
  builder.keep_unseen_users = true;
  ImportReport report;
  const Dataset data = builder.build("test", {}, report, {});
  EXPECT_EQ(data.n_items(), 2u);
  EXPECT_EQ(data.items_without_events, 0u);
  EXPECT_EQ(data.items.find("cold"), std::nullopt);
  EXPECT_EQ(data.n_users(), 2u);
}

TEST(Builder, EventAttributesFollowTheirEvents) {
  DatasetBuilder builder;
  builder.set_event_attribute(builder.add_event("v", "a", 1, 30), "device", "phone");
  builder.add_event("u", "a", 1, 20);
  builder.set_event_attribute(builder.add_event("u", "b", 0, 15), "device", "fridge");  // is left out
  const std::uint64_t first = builder.add_event("u", "b", 1, 10);
  builder.set_event_attribute(first, "device", "phone");
  builder.set_event_attribute(first, "page", "home");
  ImportReport report;
  const Dataset data = builder.build("test", at_least(1), report, {});
  ASSERT_EQ(data.events.size(), 3u);
  ASSERT_EQ(data.event_attributes.columns().size(), 2u);
  const auto* const device = data.event_attributes.find("device");
  const auto* const page = data.event_attributes.find("page");
  ASSERT_TRUE(device != nullptr && page != nullptr);
  EXPECT_EQ(device->values.size(), 2u) << "no fridge";
  for (std::size_t e = 0; e < 3; ++e) {
    const bool of_v = data.users.id(data.events[e].user) == "v",
               is_b = data.items.id(data.events[e].item) == "b";
    EXPECT_EQ(device->get(e), of_v || is_b ? "phone" : "") << e;
    EXPECT_EQ(page->get(e), is_b ? "home" : "") << e;
  }
}

TEST(Rejections, KeepsTheFirstPositions) {
  Rejections rejections;
  for (int i = 1; i <= 7; ++i) rejections.add("no rating", [&] { return fmt::format("f:{}", i); });
  rejections.add("no user", [] { return std::string("f:9"); });
  ASSERT_EQ(rejections.reasons().size(), 2u);
  EXPECT_EQ(rejections.reasons()[0].count, 7u);
  EXPECT_EQ(rejections.reasons()[0].positions, (Lines{"f:1", "f:2", "f:3", "f:4", "f:5"}));
  EXPECT_EQ(rejections.total(), 8u);
}

TEST(Rejections, StrictThrowsTheFirst) {
  Rejections rejections(true);
  EXPECT_THROW(rejections.add("no rating", [] { return std::string("f:1"); }), Error);
}

TEST(Builder, SaysWhichValuesAreNotOfTheTypeThatWasAskedFor) {
  DatasetBuilder builder;
  builder.add_event("u", "a", 1, 1);
  builder.set_item_attribute("a", "price", "dear");
  builder.set_item_attribute("b", "price", "2.5");
  builder.types["price"] = parse_attribute_type("number");
  ImportReport report;
  builder.build("x", {}, report, {});
  EXPECT_EQ(std::ranges::count(report.notes,
                               "attribute price: 1 values are no number, such as 'dear': they say nothing"),
            1);
}

}  // namespace
}  // namespace akin
