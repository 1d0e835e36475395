#include "akin/nets/sequence/session_slots.h"

#include <gtest/gtest.h>

#include <map>

namespace akin {
namespace {

Sessions sessions_of(const std::vector<std::vector<idx_t>>& lists, const std::vector<std::int64_t>& starts) {
  Sessions sessions;
  for (std::size_t s = 0; s < lists.size(); ++s) {
    for (std::size_t p = 0; p < lists[s].size(); ++p) {
      sessions.items.push_back(lists[s][p]);
      sessions.times.push_back(starts[s] == kNoTime ? kNoTime : starts[s] + static_cast<std::int64_t>(p));
    }
    sessions.offsets.push_back(sessions.items.size());
    sessions.users.push_back(static_cast<idx_t>(s));
  }
  return sessions;
}

TEST(SessionSlots, SessionsComeInTheOrderOfTheirFirstEvents) {
  const Sessions sessions = sessions_of({{1, 2}, {3}, {4, 5}, {6, 7}, {8, 9}}, {50, 1, 20, kNoTime, 20});
  EXPECT_EQ(by_first_event(sessions), (std::vector<std::uint32_t>{3, 2, 4, 0}));
}

TEST(SessionSlots, AFinishedSlotTakesTheNextSession) {
  const Sessions sessions = sessions_of({{1, 2, 3}, {10, 11}, {20, 21, 22}, {30, 31}}, {0, 0, 0, 0});
  const auto order = by_first_event(sessions);
  SessionSlots slots(sessions, order, 2);
  const auto pairs = [&] {
    std::vector<std::pair<idx_t, idx_t>> all;
    for (std::size_t s = 0; s < slots.size(); ++s) all.emplace_back(slots.input(s), slots.target(s));
    return all;
  };
  using Pairs = std::vector<std::pair<idx_t, idx_t>>;
  using Numbers = std::vector<std::size_t>;
  const auto begun = [&] { return Numbers(slots.begun().begin(), slots.begun().end()); };
  ASSERT_TRUE(slots.next());
  EXPECT_EQ(pairs(), (Pairs{{1, 2}, {10, 11}}));
  EXPECT_EQ(begun(), (Numbers{0, 1}));
  ASSERT_TRUE(slots.next());
  EXPECT_EQ(pairs(), (Pairs{{2, 3}, {20, 21}}));
  EXPECT_EQ(begun(), Numbers{1}) << "the state of slot 0 goes on";
  ASSERT_TRUE(slots.next());
  EXPECT_EQ(pairs(), (Pairs{{30, 31}, {21, 22}}));
  EXPECT_EQ(begun(), Numbers{0});
  EXPECT_FALSE(slots.next());
}

TEST(SessionSlots, EveryPairComesOnceAndMovesWithItsState) {
  std::vector<std::vector<idx_t>> lists;
  std::multimap<idx_t, idx_t> expected;
  for (idx_t s = 0; s < 23; ++s) {
    auto& list = lists.emplace_back();
    for (idx_t p = 0; p < 2 + s * 7 % 11; ++p) list.push_back(100 * s + p);
    for (std::size_t p = 0; p + 1 < list.size(); ++p) expected.emplace(list[p], list[p + 1]);
  }
  const Sessions sessions = sessions_of(lists, std::vector<std::int64_t>(23, 0));
  const auto order = by_first_event(sessions);
  for (const std::size_t size : {1u, 5u, 23u, 64u}) {
    SessionSlots slots(sessions, order, size);
    std::multimap<idx_t, idx_t> seen;
    std::vector<idx_t> state(size);  // the input that the slot should come to next
    while (slots.next()) {
      for (const auto& [from, to] : slots.moved()) state[to] = state[from];
      for (const std::size_t slot : slots.begun()) state[slot] = slots.input(slot) / 100 * 100;
      for (std::size_t s = 0; s < slots.size(); ++s) {
        EXPECT_EQ(slots.input(s), state[s]);
        seen.emplace(slots.input(s), slots.target(s));
        state[s] = slots.target(s);
      }
    }
    EXPECT_EQ(seen, expected);
  }
}

}  // namespace
}  // namespace akin
