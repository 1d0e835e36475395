#include "akin/models/sequence/sessions.h"

#include <gtest/gtest.h>

#include "akin/models/query_history.h"

namespace akin {
namespace {

Event at(idx_t user, idx_t item, std::int64_t seconds) {
  return {.user = user, .item = item, .time = seconds == -1 ? kNoTime : seconds * kSecond};
}

TEST(SessionsTest, AreCutByUsersAndGaps) {
  const std::vector<Event> events = {at(0, 5, 0), at(0, 6, 60), at(0, 5, 121), at(2, 7, 121), at(2, 7, -1)};
  const Sessions whole = cut_sessions(events, 0);
  EXPECT_EQ(whole.offsets, (std::vector<std::uint64_t>{0, 3, 5}));
  EXPECT_EQ(whole.users, (std::vector<idx_t>{0, 2}));
  const Sessions cut = cut_sessions(events, 60);
  EXPECT_EQ(cut.offsets, (std::vector<std::uint64_t>{0, 2, 3, 5})) << "60 s are not more than 60";
  EXPECT_EQ(cut.items_of(0)[1], 6u);
  EXPECT_EQ(cut.times_of(1)[0], 121 * kSecond);
}

TEST(SessionsTest, TimesFarApartDoNotOverflow) {
  const std::vector<Event> events = {at(0, 1, -9'000'000'000'000), at(0, 2, 9'000'000'000'000)};
  EXPECT_EQ(cut_sessions(events, 1).size(), 2u);
}

TEST(SessionsTest, TheLastSessionOfAQuery) {
  QueryHistory history;
  for (const Event& event : {at(0, 5, 0), at(0, 6, 60), at(0, 5, 500), at(0, 4, 510)}) history.add(event);
  EXPECT_EQ(last_session(history.query(0), 60), 2u);
  EXPECT_EQ(last_session(history.query(0), 0), 0u);
  EXPECT_EQ(last_session(Query{}, 60), 0u);
  const std::vector<idx_t> items = {1, 2};
  EXPECT_EQ(last_session({.history = items}, 60), 0u) << "nothing is known of times";
}

}  // namespace
}  // namespace akin
