#include "akin/data/merge.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace akin {
namespace {

Dataset dataset(const std::vector<std::string>& users, const std::vector<std::string>& items) {
  Dataset data;
  for (const std::string& id : users) data.users.add(id);
  for (const std::string& id : items) data.items.add(id);
  return data;
}

/// Users a, b; items x, y.
Dataset base() {
  Dataset data = dataset({"a", "b"}, {"x", "y"});
  data.events = {
      {.user = 0, .item = 0, .time = 10}, {.user = 0, .item = 1, .time = 30}, {.user = 1, .item = 1}};
  data.item_attributes.column("title").set(0, "old x");
  data.item_attributes.column("title").set(1, "old y");
  data.links = {{"also", {{0, 1}}}};
  return data;
}

/// Users b, c; items z, y.
Dataset more() {
  Dataset data = dataset({"b", "c"}, {"z", "y"});
  data.events = {{.user = 0, .item = 0, .time = 5},
                 {.user = 1, .item = 1, .subset = Subset::kTest, .time = 7}};
  data.item_attributes.column("title").set(1, "new y");
  data.item_attributes.column("brand").set(0, "Zed");
  data.links = {{"also", {{0, 1}}}, {"other", {{1, 0}}}};
  return data;
}

TEST(Merge, AppendsUsersAndItemsAndKeepsOldIndices) {
  Dataset data = base();
  const MergeCounts counts = merge(data, more(), {});
  EXPECT_EQ(counts.users, 1u);
  EXPECT_EQ(counts.items, 1u);
  EXPECT_EQ(counts.events, 2u);
  EXPECT_EQ(counts.known, 0u);
  EXPECT_EQ(data.users.id(2), "c");
  EXPECT_EQ(data.items.id(2), "z");
  ASSERT_EQ(data.events.size(), 5u);
  const auto in_order = [](const Event& a, const Event& b) {
    return std::pair(a.user, a.time) < std::pair(b.user, b.time);
  };
  EXPECT_TRUE(std::ranges::is_sorted(data.events, in_order));
  EXPECT_EQ(data.events.back(), (Event{.user = 2, .item = 1, .time = 7})) << "a training event now";
}

TEST(Merge, NewerAttributesCountAndOldOnesStay) {
  Dataset data = base();
  merge(data, more(), {});
  EXPECT_EQ(data.item_attributes.get("title", 0), "old x");
  EXPECT_EQ(data.item_attributes.get("title", 1), "new y");
  EXPECT_EQ(data.item_attributes.get("title", 2), "");
  EXPECT_EQ(data.item_attributes.get("brand", 2), "Zed");
  for (const auto& [name, column] : data.item_attributes.all()) EXPECT_EQ(column.size(), 3u) << name;
}

TEST(Merge, ItemsWithTheirFirstEventsJoinTheOthers) {
  Dataset data = dataset({"a", "b"}, {"x", "y", "w", "z"});  // w and z have no events yet
  data.items_without_events = 2;
  data.events = base().events;
  for (idx_t i = 0; i < 4; ++i)
    data.item_attributes.column("title").set(i, "T" + std::string(data.items.id(i)));
  data.links = {{"also", {{0, 3}, {2, 1}}}};
  Dataset later = more();
  later.items.add("v");  // known by its attributes only
  later.items_without_events = 1;
  later.item_attributes.column("title").set(2, "Tv");
  const MergeCounts counts = merge(data, later, {});
  EXPECT_EQ(counts.items, 1u);
  ASSERT_EQ(data.n_items(), 5u);
  EXPECT_EQ(data.n_event_items(), 3u);
  const std::vector<std::string> ids = {"x", "y", "z", "w", "v"};
  for (idx_t i = 0; i < 5; ++i) {
    EXPECT_EQ(data.items.id(i), ids[i]);
    const std::string title = i == 1 ? "new y" : "T" + ids[i];
    EXPECT_EQ(data.item_attributes.get("title", i), title);
  }
  EXPECT_EQ(data.links[0].pairs, (std::vector<std::pair<idx_t, idx_t>>{{0, 2}, {2, 1}, {3, 1}}));
  for (const Event& event : data.events) EXPECT_LT(event.item, 3u);
}

TEST(Merge, WholeSecondsKnowFinerTimes) {
  Dataset seconds = base();
  for (Event& event : seconds.events) {
    if (event.time != kNoTime) event.time *= kSecond;
  }
  Dataset finer = seconds;
  finer.events[0].time += 250'000;
  EXPECT_EQ(merge(seconds, finer, {}).known, 2u);
  Dataset other = finer;
  other.events[0].time += 1;
  EXPECT_EQ(merge(finer, other, {}).known, 1u) << "times that are finer themselves are compared exactly";
}

TEST(Merge, LinksAreMergedByName) {
  Dataset data = base();
  merge(data, more(), {});
  ASSERT_EQ(data.links.size(), 2u);
  EXPECT_EQ(data.links[0].pairs, (std::vector<std::pair<idx_t, idx_t>>{{0, 1}, {2, 1}}));
  EXPECT_EQ(data.links[1].pairs, (std::vector<std::pair<idx_t, idx_t>>{{1, 2}}));
}

TEST(Merge, LeavesOutEventsItHasByTimeOnly) {
  Dataset data = base();
  const MergeCounts again = merge(data, base(), {});
  EXPECT_EQ(again.known, 2u);
  EXPECT_EQ(again.events, 1u) << "the event without a time may be a repeated purchase";

  Dataset other = base();
  Dataset held_out = dataset({"a"}, {"y"});
  held_out.events = {{.user = 0, .item = 0, .time = 99}, {.user = 0, .item = 0, .value = 2, .time = 99}};
  const std::vector<Event> test = {{.user = 0, .item = 1, .subset = Subset::kTest, .time = 99}};
  const MergeCounts counts = merge(other, held_out, test);
  EXPECT_EQ(counts.known, 1u) << "a held-out event does not come back as a training event";
  EXPECT_EQ(counts.events, 1u) << "of another value";
}

TEST(Merge, CandidatesGrowWithUsersAndItems) {
  Dataset data = base();
  data.candidates.cols = 2;
  data.candidates.offsets = {0, 1, 1};
  data.candidates.indices = {1};
  data.candidates.values = {1};
  merge(data, more(), {});
  EXPECT_EQ(data.candidates.rows(), 3u);
  EXPECT_EQ(data.candidates.cols, 3u);
  EXPECT_EQ(data.candidates.row_size(2), 0u);
}

}  // namespace
}  // namespace akin
