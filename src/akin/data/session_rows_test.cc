#include "akin/data/session_rows.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"

namespace akin {
namespace {

Dataset two_users() {
  Dataset data;
  for (const char* item : {"x", "y", "z"}) data.items.add(item);
  for (const char* user : {"a", "b", "unseen"}) data.users.add(user);
  data.events = {{.user = 0, .item = 0, .time = 100 * kSecond},
                 {.user = 0, .item = 1, .time = 160 * kSecond},
                 {.user = 0, .item = 0, .time = 221 * kSecond},
                 {.user = 1, .item = 2},
                 {.user = 1, .item = 1, .time = 221 * kSecond}};
  data.user_attributes.column("country").set(1, "NO");
  data.user_attributes.resize(3);
  return data;
}

TEST(SessionRows, AreCutAtGaps) {
  Dataset data = two_users();
  const std::string note = cut_at_gaps(data, 60);
  ASSERT_EQ(data.n_users(), 3u);
  EXPECT_EQ(data.users.id(0), "a#100");
  EXPECT_EQ(data.users.id(1), "a#221") << "61 seconds later";
  EXPECT_EQ(data.users.id(2), "b#221") << "an event without a time stays with its neighbour";
  const std::vector<idx_t> sessions = {data.events[0].user, data.events[1].user, data.events[2].user,
                                       data.events[3].user, data.events[4].user};
  EXPECT_EQ(sessions, (std::vector<idx_t>{0, 0, 1, 2, 2}));
  EXPECT_EQ(data.user_attributes.get("user", 1), "a");
  EXPECT_EQ(data.user_attributes.get("user", 2), "b");
  EXPECT_EQ(data.user_attributes.get("country", 0), "");
  EXPECT_EQ(data.user_attributes.get("country", 2), "NO");
  EXPECT_EQ(note, "the events of 3 users are 3 sessions");
}

TEST(SessionRows, NeedTimesAndAFreeName) {
  Dataset data = two_users();
  data.user_attributes.column("user").set(0, "x");
  EXPECT_THROW(cut_at_gaps(data, 60), Error);
  Dataset timeless = two_users();
  for (Event& event : timeless.events) event.time = kNoTime;
  EXPECT_THROW(cut_at_gaps(timeless, 60), Error);
}

TEST(SessionRows, SayWhoWasSignedIn) {
  Dataset data = two_users();
  for (const auto& [event, name] : {std::pair(1, "u7"), std::pair(3, "NULL"), std::pair(4, "")})
    data.event_attributes.set(kSessionUser, static_cast<std::uint64_t>(event), name);
  data.event_attributes.set("page", 0, "home");
  data.event_attributes.resize(5);
  EXPECT_EQ(name_session_users(data), "3 sessions, 1 of them of signed-in users");
  EXPECT_EQ(data.user_attributes.get("user", 0), "u7");
  EXPECT_EQ(data.user_attributes.get("user", 1), "");
  EXPECT_EQ(data.event_attributes.find(kSessionUser), nullptr);
  EXPECT_NE(data.event_attributes.find("page"), nullptr);
}

TEST(SessionRows, RefuseSessionsThatManyUsersShare) {
  Dataset data = two_users();
  for (std::uint64_t e = 0; e < 5; ++e) data.event_attributes.set(kSessionUser, e, "u" + std::to_string(e));
  EXPECT_THROW(name_session_users(data), Error);
}

}  // namespace
}  // namespace akin
