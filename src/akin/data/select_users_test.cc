#include "akin/data/select_users.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"

namespace akin {
namespace {

/// Users a, b, c, d with events of all parts, reviews, attributes, candidates and links.
Dataset everything() {
  DatasetBuilder builder;
  const auto event = [&](const char* user, const char* item, std::int64_t time,
                         Subset subset = Subset::kTrain) {
    const auto ordinal = builder.add_event(user, item, 5, time, EventKind::kRating, subset);
    builder.add_review(ordinal, fmt::format("head of {}", user), fmt::format("{} on {}", user, item));
  };
  event("a", "x", 3);
  event("b", "y", 9);
  event("b", "x", 1);
  event("b", "only b", 4, Subset::kTest);
  event("c", "z", 2, Subset::kHistory);
  event("d", "x", 7);
  event("d", "y", 6, Subset::kValidation);
  for (const char* const user : {"a", "b", "d"})
    builder.set_user_attribute(user, "name", fmt::format("{}.", user));
  builder.set_user_attribute("b", "zip", "12345");
  builder.set_item_attribute("only b", "title", "a title");
  builder.add_link("also", "x", "only b");
  builder.add_candidate("b", "z");
  builder.add_candidate("d", "z");
  ImportReport report;
  return builder.build("all", {}, report, {});
}

TEST(SelectUsers, RemovesAllThatIsOfTheOthers) {
  Dataset data = everything();
  const Dataset before = everything();
  UserIds ids({"b", "nobody"});
  const std::vector<idx_t> kept = users_without(data, ids);
  EXPECT_EQ(ids.unmet(), std::vector<std::string>{"nobody"});
  const RemovedData removed = select_users(data, kept);
  EXPECT_EQ(removed.users, 1u);
  EXPECT_EQ(removed.events, 3u);
  EXPECT_EQ(removed.reviews, 3u);
  EXPECT_EQ(removed.attributes, 2u);
  EXPECT_EQ(removed.candidates, 1u);

  ASSERT_EQ(data.n_users(), 3u);
  EXPECT_EQ(data.n_items(), before.n_items()) << "items stay, those of b alone too";
  EXPECT_FALSE(data.users.find("b"));
  ASSERT_EQ(data.events.size(), 4u);
  std::size_t next = 0;
  for (const Event& event : before.events) {  // the others' events, in their order
    if (before.users.id(event.user) == "b") continue;
    Event now = data.events[next++];
    EXPECT_EQ(data.users.id(now.user), before.users.id(event.user));
    now.user = event.user;
    EXPECT_EQ(now, event);
  }
  for (std::size_t r = 0; r < data.reviews.size(); ++r) {
    const Event& event = data.events[data.reviews.event[r]];
    EXPECT_EQ(data.reviews.text[r],
              fmt::format("{} on {}", data.users.id(event.user), data.items.id(event.item)));
    EXPECT_EQ(data.reviews.summary[r], fmt::format("head of {}", data.users.id(event.user)));
  }
  for (idx_t u = 0; u < data.n_users(); ++u) {
    if (data.users.id(u) != "c") {
      EXPECT_EQ(data.user_attributes.get("name", u), fmt::format("{}.", data.users.id(u)));
    }
  }
  ASSERT_EQ(data.candidates.rows(), 3u);
  EXPECT_EQ(data.candidates.row_size(*data.users.find("d")), 1u);
  EXPECT_EQ(data.links.at(0).pairs, before.links.at(0).pairs);
  EXPECT_EQ(data.item_attributes.get("title", *data.items.find("only b")), "a title");
}

TEST(SelectUsers, LeavesNoBytesOfThemInTheFile) {
  const TempDir dir;
  Dataset data = everything();
  UserIds ids({"b"});
  select_users(data, users_without(data, ids));
  save_dataset(data, dir / "data");
  const std::string bytes = read_file(dir / "data");
  for (const char* const text : {"head of b", "b on y", "12345", "b."})
    EXPECT_EQ(bytes.find(text), std::string::npos) << text;
  EXPECT_NE(bytes.find("head of a"), std::string::npos);
  EXPECT_EQ(load_dataset(dir / "data").events, data.events);
}

TEST(SelectUsers, KeepsEverythingOfEverybody) {
  Dataset data = everything();
  UserIds ids({"nobody"});
  const RemovedData removed = select_users(data, users_without(data, ids));
  EXPECT_EQ(removed.users + removed.events + removed.reviews + removed.attributes + removed.candidates, 0u);
  EXPECT_EQ(data.events, everything().events);
  EXPECT_EQ(data.reviews.event, everything().reviews.event);
}

TEST(SelectUsers, MentionsInAttributesAreCleared) {
  const TempDir dir;
  Dataset data = everything();
  const auto set = [](AttributeTable& table, std::size_t row, std::string_view value) {
    table.column("by").set(row, value);
  };
  set(data.user_attributes, 0, "person-1");
  set(data.user_attributes, 1, "person-2");
  set(data.user_attributes, 2, "Person-1");
  set(data.user_attributes, 3, "17");
  set(data.item_attributes, 0, "person-1");
  set(data.item_attributes, 1, "not person-1");
  data.item_attributes.column("makers").set(0, "Acme| person-1|Bolt");
  data.item_attributes.set_type("makers", {AttributeType::Kind::kList});
  data.item_attributes.column("makers").set(1, "person-2|17");
  data.item_attributes.resize(data.n_items());
  UserIds ids({"person-1", "person-3", "17"});
  EXPECT_EQ(clear_mentions(data, ids), 3u);
  EXPECT_EQ(ids.unmet(), (std::vector<std::string>{"17", "person-3"}));
  EXPECT_EQ(data.user_attributes.get("by", 0), "");
  EXPECT_EQ(data.user_attributes.get("by", 1), "person-2");
  EXPECT_EQ(data.user_attributes.get("by", 2), "Person-1") << "another id";
  EXPECT_EQ(data.user_attributes.get("by", 3), "17") << "an age, perhaps";
  EXPECT_EQ(data.item_attributes.get("by", 0), "");
  EXPECT_EQ(data.item_attributes.get("by", 1), "not person-1");
  EXPECT_EQ(data.item_attributes.get("makers", 0), "Acme|Bolt");
  EXPECT_EQ(data.item_attributes.get("makers", 1), "person-2|17");
  save_dataset(data, dir / "data");
  const std::string bytes = read_file(dir / "data");
  std::size_t count = 0;
  for (std::size_t at = bytes.find("person-1"); at != std::string::npos; at = bytes.find("person-1", at + 1))
    ++count;
  EXPECT_EQ(count, 1u) << "in the text of item 1 only";
}

TEST(SelectUsers, DocumentsAreOfWhoWroteThem) {
  DatasetBuilder builder;
  for (const auto& [document, writer] :
       {std::pair("1", "ann"), std::pair("2", "bob"), std::pair("3", "ann")}) {
    builder.add_event(document, "word", 1, 0);
    builder.set_user_attribute(document, "user", writer);
  }
  ImportReport report;
  Dataset data = builder.build("texts", {}, report, {});
  UserIds ids({"ann"});
  EXPECT_EQ(select_users(data, users_without(data, ids)).users, 2u);
  EXPECT_TRUE(ids.unmet().empty());
  EXPECT_EQ(data.users.id(0), "2");
}

}  // namespace
}  // namespace akin
