#include "akin/data/split_facts.h"

#include <gtest/gtest.h>

#include "akin/data/builder.h"

namespace akin {
namespace {

/// Six users with `n` events each, at the time that `time` gives for (user, number).
template <typename Time>
Dataset made(int n, const Time& time, float step = 0) {
  DatasetBuilder builder;
  for (int user = 0; user < 6; ++user) {
    for (int i = 0; i < n; ++i) {
      builder.add_event("u" + std::to_string(user), "i" + std::to_string((user + i) % 7),
                        1 + step * static_cast<float>(i), time(user, i));
    }
  }
  ImportReport report;
  return builder.build("made", {}, report, {});
}

constexpr std::int64_t kStart = 1'400'000'000 * kSecond, kDay = 86'400 * kSecond;

std::string chosen(const Dataset& data) { return to_string(choose_split("", data, 1)); }

TEST(SplitFacts, TheDefaultFitsTheOrderOfEvents) {
  const auto none = made(5, [](int, int) { return kNoTime; });
  EXPECT_EQ(event_order(none), EventOrder::kNone);
  EXPECT_EQ(chosen(none), "user-ratio:0.2");
  EXPECT_EQ(default_split_reason(none), "the events have neither times nor order");
  const auto positions = made(5, [](int, int i) { return std::int64_t{i}; });
  EXPECT_EQ(event_order(positions), EventOrder::kPositions);
  EXPECT_EQ(chosen(positions), "last");
  const auto baskets = made(5, [](int user, int i) { return kStart + (user < 4 ? 0 : i) * kDay; });
  EXPECT_EQ(event_order(baskets), EventOrder::kBaskets);
  EXPECT_EQ(chosen(baskets), "user-ratio:0.2");
  const auto sessions = made(5, [](int user, int i) { return kStart + user * 3 * kDay + i * kSecond; });
  EXPECT_EQ(event_order(sessions), EventOrder::kSessions);
  EXPECT_EQ(chosen(sessions), "sessions:0.1");
  const auto ratings = made(
      5, [](int user, int i) { return kStart + user * 3 * kDay + i * kSecond; }, 1);
  EXPECT_EQ(event_order(ratings), EventOrder::kMoments) << "who rates all in a day is no session";
  const auto moments = made(5, [](int user, int i) { return kStart + (user + 2 * i) * kDay; });
  EXPECT_EQ(event_order(moments), EventOrder::kMoments);
  EXPECT_EQ(chosen(moments), "last");
  EXPECT_EQ(to_string(choose_split("last", none, 1)), "last") << "what is asked for is done";
  Dataset given = none;
  given.events[0].subset = Subset::kTest;
  EXPECT_EQ(chosen(given), "given");
}

TEST(SplitFacts, CountsUsersAndEvents) {
  const auto event = [](idx_t user) { return Event{.user = user}; };
  const std::vector<Event> known = {event(0), event(0), event(1), event(3)},
                           test = {event(0), event(2), event(2)};
  const SplitSummary summary = summarize_split({}, "because", known, test);
  EXPECT_EQ(summary.users, 4u);
  EXPECT_EQ(summary.held_out_users, 2u);
  EXPECT_EQ(summary.events, 7u);
  EXPECT_EQ(summary.held_out_events, 3u);
  EXPECT_EQ(summary.reason, "because");
}

TEST(SplitFacts, WhoHasTooFewEvents) {
  for (const char* text : {"user-ratio:0.2", "user-time:0.5", "user-ratio:0.05", "last"}) {
    const SplitSpec spec = parse_split(text, 1);
    int fewest = 1;
    for (;; ++fewest) {
      try {
        split_events(made(fewest, [](int user, int i) { return kStart + (user + i) * kDay; }), spec);
        break;
      } catch (const std::exception&) {  // nothing is held out
      }
    }
    EXPECT_EQ(why_not_held_out(spec), "have fewer than " + std::to_string(fewest) + " events") << text;
  }
}

}  // namespace
}  // namespace akin
