// Every protocol against its definition, read word by word.
#include "akin/data/split/protocols.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/rng.h"
#include "akin/data/split/dataset_for_split_test.h"
#include "akin/data/split/twins.h"

namespace akin {
namespace {

using namespace split_test;

/// round(.3 n), halves up, never all n.
std::size_t three_tenths(std::size_t n) {
  return std::min(static_cast<std::size_t>(std::floor(0.3 * static_cast<double>(n) + 0.5)), n - 1);
}

TEST(Split, LastHoldsOutOneEventPerUserWithTwo) {
  const Dataset data = small_dataset();
  std::set<int> test, validation;
  for (const auto& [user, events] : by_user(data.events)) {
    if (events.size() >= 2) test.insert(events.back());
    if (events.size() >= 3) validation.insert(events[events.size() - 2]);
  }
  const Split split = split_events(data, spec("last", true));
  EXPECT_EQ(numbers(split.test), test);
  EXPECT_EQ(numbers(split.validation), validation);
}

TEST(Split, LastBasketHoldsOutAllEventsOfTheLatestTime) {
  Dataset data = small_dataset();
  for (Event& event : data.events) event.time -= event.time % 100;  // several at once
  std::set<int> test, validation;
  for (const auto& [user, events] : by_user(data.events)) {
    std::map<std::int64_t, std::vector<int>, std::greater<>> baskets;  // the latest first
    for (const int event : events)
      baskets[data.events[static_cast<std::size_t>(event)].time].push_back(event);
    std::size_t left = baskets.size();
    for (const auto& [time, basket] : baskets) {
      if (left >= 2 && left == baskets.size()) test.insert(basket.begin(), basket.end());
      if (left >= 2 && left + 1 == baskets.size()) validation.insert(basket.begin(), basket.end());
      --left;
    }
  }
  EXPECT_GT(test.size(), split_events(data, spec("last")).test.size());
  const Split split = split_events(data, spec("last-basket", true));
  EXPECT_EQ(numbers(split.test), test);
  EXPECT_EQ(numbers(split.validation), validation);
}

TEST(Split, RatioIsNearItsShareAndAsItEverWas) {
  const Dataset data = random_dataset(std::vector<int>(101, 97), 13);
  const Split split = split_events(data, spec("ratio:0.3", true));
  std::set<int> test;
  int number = 0;
  for (idx_t user = 0; user < 101; ++user) {
    Rng rng(42, user);
    for (int i = 0; i < 97; ++i, ++number) {
      if (rng.uniform() < 0.3) test.insert(number);
    }
  }
  EXPECT_EQ(numbers(split.test), test);
  const double n = 101 * 97, rest = n - static_cast<double>(split.test.size());
  // Four standard deviations of a binomial count.
  EXPECT_NEAR(static_cast<double>(split.test.size()), 0.3 * n, 4 * std::sqrt(n * 0.21));
  EXPECT_NEAR(static_cast<double>(split.validation.size()), 0.3 * rest, 4 * std::sqrt(rest * 0.21));
  // The two parts are drawn independently: a user's first event is in validation as often as any other.
  double first = 0;
  for (const int validation : numbers(split.validation)) first += validation % 97 == 0;
  EXPECT_NEAR(first, 101 * 0.21, 4 * std::sqrt(101 * 0.21 * 0.79));
}

TEST(Split, UserRatioTakesTheShareOfEachUser) {
  const Dataset data = small_dataset();
  const Split split = split_events(data, spec("user-ratio:0.3", true));
  auto test = by_user(split.test), validation = by_user(split.validation), train = by_user(split.train);
  for (const auto& [user, events] : by_user(data.events)) {
    const std::size_t n = events.size();
    const std::size_t wanted = three_tenths(n), second = three_tenths(n - wanted);
    EXPECT_EQ(test[user].size(), wanted);
    EXPECT_EQ(validation[user].size(), second);
    EXPECT_GE(train[user].size(), 1U);
  }
  // Which events of a user is random: each position is taken about equally often.
  const Dataset equal = random_dataset(std::vector<int>(997, 5), 7);
  std::vector<double> taken(5, 0);
  for (const int number : numbers(split_events(equal, spec("user-ratio:0.2")).test))
    ++taken[static_cast<std::size_t>(number % 5)];
  for (const double count : taken) EXPECT_NEAR(count, 997 / 5.0, 4 * std::sqrt(997 * 0.16));
}

TEST(Split, TimeLeavesNoFutureInTraining) {
  Dataset data = small_dataset();
  data.events[0].time = kNoTime;
  const Split split = split_events(data, spec("time:0.3", true));
  const auto latest = [](const std::vector<Event>& events) {
    return std::ranges::max(events, {}, &Event::time).time;
  };
  const auto earliest = [](const std::vector<Event>& events) {
    return std::ranges::min(events, {}, &Event::time).time;
  };
  EXPECT_LT(latest(split.train), earliest(split.validation));
  EXPECT_LT(latest(split.validation), earliest(split.test));
  EXPECT_EQ(split.train[0].time, kNoTime);
  std::vector<std::int64_t> times;
  for (const Event& event : data.events) {
    if (event.time != kNoTime) times.push_back(event.time);
  }
  std::ranges::sort(times);
  const std::size_t cut = times.size() * 7 / 10;
  EXPECT_EQ(earliest(split.test), times[cut]);
  const auto later = std::ranges::count_if(times, [&](std::int64_t time) { return time >= times[cut]; });
  EXPECT_EQ(std::ssize(split.test), later);
}

TEST(Split, UserTimeTakesTheLatestOfEachUser) {
  const Dataset data = small_dataset();
  std::set<int> test, validation;
  for (const auto& [user, events] : by_user(data.events)) {
    std::size_t left = events.size();
    for (std::set<int>* const side : {&test, &validation}) {
      for (std::size_t wanted = three_tenths(left); wanted > 0; --wanted) side->insert(events[--left]);
    }
  }
  const Split split = split_events(data, spec("user-time:0.3", true));
  EXPECT_EQ(numbers(split.test), test);
  EXPECT_EQ(numbers(split.validation), validation);
}

TEST(Split, FoldsAreDisjointCoverAllAndAreEven) {
  const Dataset data = small_dataset();
  std::set<int> covered;
  std::vector<std::set<int>> tests, validations;
  for (const SplitSpec& fold : parse_protocol("folds:5", 42)) {
    SplitSpec with_validation = fold;
    with_validation.validation = true;
    const Split split = split_events(data, with_validation);
    tests.push_back(numbers(split.test));
    validations.push_back(numbers(split.validation));
    for (const int number : tests.back()) EXPECT_TRUE(covered.insert(number).second);
    EXPECT_NEAR(static_cast<double>(split.test.size()), static_cast<double>(data.events.size()) / 5, 0.999);
    auto test = by_user(split.test);
    for (const auto& [user, events] : by_user(data.events))
      EXPECT_NEAR(static_cast<double>(test[user].size()), static_cast<double>(events.size()) / 5, 0.999);
  }
  EXPECT_EQ(covered.size(), data.events.size());
  for (std::size_t fold = 0; fold < 5; ++fold) EXPECT_EQ(validations[fold], tests[(fold + 1) % 5]);
}

TEST(Split, GivenFollowsTheFiles) {
  const Dataset data = given_dataset(true);
  for (const bool validation : {false, true}) {
    const Split split = split_events(data, spec("given", validation));
    for (std::size_t e = 0; e < data.events.size(); ++e) {
      const Subset subset = data.events[e].subset;
      EXPECT_EQ(split.subsets[e], subset == Subset::kValidation && !validation ? Subset::kTrain : subset);
    }
  }
  EXPECT_TRUE(contains(message(small_dataset(), spec("given")), "came without a split"));
  Dataset history_only = small_dataset();
  history_only.events[3].subset = Subset::kHistory;
  EXPECT_FALSE(history_only.has_given_split());
}

TEST(Split, GivenWithoutValidationTakesAShareOfTraining) {
  Dataset data = random_dataset(std::vector<int>(13, 37), 11);
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    const std::size_t first_test = data.events[e].user == 12 ? 36 : 30;  // one has a single test event
    if (e % 37 >= first_test) data.events[e].subset = Subset::kTest;
  }
  const Split split = split_events(data, spec("given", true));
  for (const auto& [user, events] : by_user(split.validation)) {
    EXPECT_EQ(events.size(), user == 12 ? 4U : 3U);  // round(.1 x 36), round(.1 x 30)
    for (const int number : events) EXPECT_LT(number % 37, user == 12 ? 36 : 30);
  }
  EXPECT_EQ(by_user(split.validation).size(), 13U);
  EXPECT_EQ(split.test.size(), 12U * 7 + 1);
}

TEST(Split, GivenLeaveOneOutTakesEachLastTrainingEvent) {
  Dataset data = random_dataset({5, 2, 1, 7}, 11);
  data.events[2].subset = Subset::kTest;   // the third of the first user's five
  data.events[6].subset = Subset::kTest;   // the second of two
  data.events[14].subset = Subset::kTest;  // the last of seven
  const Split split = split_events(data, spec("given", true));
  EXPECT_EQ(numbers(split.validation), (std::set<int>{4, 13}));  // one training event must stay
  EXPECT_EQ(numbers(split.test), (std::set<int>{2, 6, 14}));
}

/// The sessions from the latest end on, ties to the higher number, by repeated search.
std::vector<idx_t> latest_sessions(const Dataset& data) {
  std::map<idx_t, std::int64_t> ends;
  for (const Event& event : data.events) ends[event.user] = event.time;
  std::vector<idx_t> order;
  while (!ends.empty()) {
    auto best = ends.begin();
    for (auto at = ends.begin(); at != ends.end(); ++at) {
      if (at->second >= best->second) best = at;
    }
    order.push_back(best->first);
    ends.erase(best);
  }
  return order;
}

TEST(Split, SessionsHoldOutTheLatest) {
  const Dataset data = small_dataset();
  const std::vector<idx_t> order = latest_sessions(data);  // 28 of 31 users have events
  ASSERT_EQ(order.size(), 28U);
  std::map<idx_t, Subset> side;
  for (std::size_t i = 0; i < order.size(); ++i)  // round(.2 28), round(.2 22)
    side[order[i]] = i < 6 ? Subset::kTest : i < 10 ? Subset::kValidation : Subset::kTrain;
  const Split split = split_events(data, spec("sessions:0.2", true));
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    const bool first = e == 0 || data.events[e - 1].user != data.events[e].user;
    const Subset expected = side[data.events[e].user];
    EXPECT_EQ(split.subsets[e], expected != Subset::kTrain && first ? Subset::kHistory : expected) << e;
  }
}

TEST(Split, SessionsWithoutMomentsAreDrawn) {
  Dataset positions = small_dataset(false);
  for (std::size_t e = 0; e < positions.events.size(); ++e) {
    const bool first = e == 0 || positions.events[e - 1].user != positions.events[e].user;
    positions.events[e].time = first ? 0 : positions.events[e - 1].time + 1;
  }
  for (const Dataset& data : {small_dataset(false), positions}) {
    const Split split = split_events(data, spec("sessions:0.2"));
    EXPECT_EQ(by_user(split.history).size(), 6U);
    for (const auto& [user, events] : by_user(split.history)) EXPECT_EQ(events.size(), 1U);
    for (const auto& [user, events] : by_user(split.train))
      EXPECT_FALSE(by_user(split.history).contains(user));
    EXPECT_NE(split.test, split_events(data, spec("sessions:0.2", false, 7)).test);
  }
}

TEST(Split, ColdItemsHaveNoTrainingEvent) {
  const Dataset data = small_dataset();
  std::set<idx_t> items;
  for (const Event& event : data.events) items.insert(event.item);
  const Split split = split_events(data, spec("cold-items:0.2", true));
  std::map<idx_t, std::set<Subset>> subsets;
  for (std::size_t e = 0; e < data.events.size(); ++e) subsets[data.events[e].item].insert(split.subsets[e]);
  std::map<Subset, int> counts;
  for (const auto& [item, sides] : subsets) {
    ASSERT_EQ(sides.size(), 1U) << item;
    ++counts[*sides.begin()];
  }
  ASSERT_EQ(items.size(), 23U);
  EXPECT_EQ(counts[Subset::kTest], 5);        // round(.2 x 23)
  EXPECT_EQ(counts[Subset::kValidation], 4);  // round(.2 x 18)
  EXPECT_TRUE(split.history.empty());
}

TEST(Split, ColdItemsTakeTheirTwinsAlong) {
  Dataset data = small_dataset();
  StringColumn& twins = data.item_attributes.column(kTwinAttribute);
  twins.resize(data.n_items());
  for (std::size_t i = 1; i < data.n_items(); i += 2) twins.set(i, data.items.id(static_cast<idx_t>(i - 1)));
  const Split split = split_events(data, spec("cold-items:0.3", true));
  std::map<idx_t, std::set<Subset>> sides;  // of each pair
  for (std::size_t e = 0; e < data.events.size(); ++e)
    sides[data.events[e].item / 2].insert(split.subsets[e]);
  std::set<Subset> all;
  for (const auto& [pair, side] : sides) {
    EXPECT_EQ(side.size(), 1U) << "items " << 2 * pair << " and " << 2 * pair + 1;
    all.insert(side.begin(), side.end());
  }
  EXPECT_EQ(all.size(), 3U);
}

TEST(Split, ColdUsersHaveNoTrainingEvent) {
  const Dataset data = small_dataset();
  const Split split = split_events(data, spec("cold-users:0.2", true));
  auto users = by_user(data.events), history = by_user(split.history), test = by_user(split.test),
       validation = by_user(split.validation);
  std::size_t eligible = 0;
  for (const auto& [user, events] : users) eligible += events.size() >= 2;
  EXPECT_EQ(test.size(), static_cast<std::size_t>(std::lround(0.2 * static_cast<double>(eligible))));
  EXPECT_EQ(validation.size(),
            static_cast<std::size_t>(std::lround(0.2 * static_cast<double>(eligible - test.size()))));
  EXPECT_EQ(history.size(), test.size() + validation.size());
  for (const auto& [user, shown] : history) {
    EXPECT_FALSE(by_user(split.train).contains(user));
    EXPECT_NE(test.contains(user), validation.contains(user));
    std::vector<int> all = shown;
    const std::vector<int>& later = test.contains(user) ? test[user] : validation[user];
    EXPECT_EQ(shown.size(), users[user].size() / 2);
    all.insert(all.end(), later.begin(), later.end());
    EXPECT_EQ(all, users[user]);
  }
}

}  // namespace
}  // namespace akin
