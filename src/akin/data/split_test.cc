#include "akin/data/split.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"

namespace akin {
namespace {

/// `users` users with `length` events each at times 0, 1, 2 ... interleaved over users.
Dataset regular(idx_t users, idx_t length, bool with_times = true) {
  Dataset data;
  data.name = "regular";
  for (idx_t u = 0; u < users; ++u) data.users.add("u" + std::to_string(u));
  for (idx_t i = 0; i < length; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < users; ++u) {
    for (idx_t i = 0; i < length; ++i) {
      data.events.push_back({u, i, 1, EventKind::kRating, Part::kTrain,
                             with_times ? static_cast<std::int64_t>(i * users + u) : kNoTime});
    }
  }
  return data;
}

SplitSpec spec(std::string_view text, std::uint64_t seed = 42) { return parse_split(text, seed); }

void expect_partition(const Dataset& data, const Split& split) {
  EXPECT_EQ(split.train.size() + split.test.size(), data.events.size());
  EXPECT_TRUE(std::ranges::is_sorted(split.train, {}, &Event::user));
  EXPECT_TRUE(std::ranges::is_sorted(split.test, {}, &Event::user));
}

TEST(Split, LastHoldsOutOneEventPerUserWithTwo) {
  Dataset data = regular(5, 3);
  data.users.add("single");
  data.events.push_back({5, 0, 1, EventKind::kRating, Part::kTrain, 99});
  const Split split = split_events(data, spec("last"));
  expect_partition(data, split);
  ASSERT_EQ(split.test.size(), 5u);
  for (const Event& event : split.test) EXPECT_EQ(event.item, 2u);
}

TEST(Split, RatioIsReproducibleAndNearItsShare) {
  const Dataset data = regular(101, 97);
  const Split first = split_events(data, spec("ratio:0.3")), again = split_events(data, spec("ratio:0.3"));
  expect_partition(data, first);
  EXPECT_EQ(first.test, again.test);
  EXPECT_NE(first.test, split_events(data, spec("ratio:0.3", 7)).test);
  EXPECT_NEAR(static_cast<double>(first.test.size()) / static_cast<double>(data.events.size()), 0.3, 0.02);
}

TEST(Split, TimeLeavesNoFutureInTraining) {
  const Dataset data = regular(7, 11);
  const Split split = split_events(data, spec("time:0.25"));
  expect_partition(data, split);
  const auto latest = std::ranges::max(split.train, {}, &Event::time).time;
  const auto earliest = std::ranges::min(split.test, {}, &Event::time).time;
  EXPECT_LT(latest, earliest);
  EXPECT_EQ(split.test.size(), 20u);  // 77 events, cut at floor(77 x .75) = 57
}

TEST(Split, GivenFollowsTheFiles) {
  Dataset data = regular(2, 3);
  EXPECT_THROW(split_events(data, spec("given")), Error);
  data.events[1].part = Part::kTest;
  data.events[4].part = Part::kValidation;
  const Split split = split_events(data, spec("given"));
  ASSERT_EQ(split.test.size(), 1u);
  EXPECT_EQ(split.test[0], data.events[1]);
}

TEST(Split, ImpossibleSplitsSaySo) {
  EXPECT_THROW(split_events(regular(3, 3, false), spec("time")), Error);
  EXPECT_THROW(split_events(regular(3, 1), spec("last")), Error);
  EXPECT_EQ(split_events(regular(3, 1), spec("none")).train.size(), 3u);
}

TEST(Split, TextReadsBack) {
  for (const char* text : {"none", "last", "ratio:0.25", "time:0.1", "given"})
    EXPECT_EQ(to_string(spec(text)), text);
  EXPECT_EQ(to_string(spec("ratio")), "ratio:0.2");
  for (const char* text :
       {"", "lasst", "last:0.2", "ratio:", "ratio:0", "ratio:1", "ratio:x", "ratio:0.2x"}) {
    EXPECT_THROW(spec(text), Error) << text;
  }
}

TEST(Csr, MergesRepeatsOfAPair) {
  const std::vector<Event> events = {{0, 2, 1}, {0, 1, 5}, {0, 2, 3}, {2, 0, 4}};
  const Csr sums = to_csr(events, 4, 3, Repeats::kSum);
  EXPECT_EQ(sums.offsets, (std::vector<std::uint64_t>{0, 2, 2, 3, 3}));
  EXPECT_EQ(sums.indices, (std::vector<idx_t>{1, 2, 0}));
  EXPECT_EQ(sums.values, (std::vector<float>{5, 4, 4}));
  EXPECT_EQ(to_csr(events, 4, 3, Repeats::kLast).values, (std::vector<float>{5, 3, 4}));
  const Csr back = transpose(transpose(sums));
  EXPECT_EQ(back.offsets, sums.offsets);
  EXPECT_EQ(back.indices, sums.indices);
  EXPECT_EQ(back.values, sums.values);
}

}  // namespace
}  // namespace akin
