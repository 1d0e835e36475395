// A made-up data set whose events carry their number as their value, for tests of splits.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/split.h"

namespace akin::split_test {

inline constexpr std::int64_t kStart = 1'400'000'000;

/// Users with the given numbers of events, at random times of one second each and with random items.
inline Dataset random_dataset(const std::vector<int>& lengths, idx_t items, bool with_times = true) {
  Dataset data;
  data.name = "events";
  for (std::size_t u = 0; u < lengths.size(); ++u) data.users.add("u" + std::to_string(u));
  for (idx_t i = 0; i < items; ++i) data.items.add("i" + std::to_string(i));
  Rng rng(3);
  for (std::size_t u = 0; u < lengths.size(); ++u) {
    std::vector<std::int64_t> times(static_cast<std::size_t>(lengths[u]));
    for (std::int64_t& time : times)
      time = with_times ? kStart + static_cast<std::int64_t>(rng.below(997)) : kNoTime;
    std::ranges::sort(times);
    for (const std::int64_t time : times) {
      data.events.push_back({static_cast<idx_t>(u), static_cast<idx_t>(rng.below(items)),
                             static_cast<float>(data.events.size()), EventKind::kRating, Subset::kTrain, 0,
                             time});
    }
  }
  return data;
}

/// 31 users with 0 to 10 events each, some with one.
inline Dataset small_dataset(bool with_times = true) {
  std::vector<int> lengths;
  for (int u = 0; u < 31; ++u) lengths.push_back((u * 7) % 11);
  return random_dataset(lengths, 23, with_times);
}

inline SplitSpec spec(std::string_view text, bool validation = false, std::uint64_t seed = 42) {
  SplitSpec result = parse_split(text, seed);
  result.validation = validation;
  return result;
}

/// small_dataset() with a given split: every third event of even users is test, every sixth one validation.
inline Dataset given_dataset(bool with_validation) {
  Dataset data = small_dataset();
  for (std::size_t e = 0; e < data.events.size(); ++e) {
    if (data.events[e].user % 2 == 0 && e % 3 == 0) data.events[e].subset = Subset::kTest;
    if (with_validation && e % 6 == 1) data.events[e].subset = Subset::kValidation;
    if (e % 31 == 5) data.events[e].subset = Subset::kHistory;
  }
  return data;
}

/// Each event's value is its number: the sides as sets of numbers.
inline std::set<int> numbers(const std::vector<Event>& events) {
  std::set<int> result;
  for (const Event& event : events) result.insert(static_cast<int>(event.value));
  return result;
}

/// Numbers of each user's events, in order.
inline std::map<idx_t, std::vector<int>> by_user(const std::vector<Event>& events) {
  std::map<idx_t, std::vector<int>> result;
  for (const Event& event : events) result[event.user].push_back(static_cast<int>(event.value));
  return result;
}

inline std::string message(const Dataset& data, const SplitSpec& wanted) {
  try {
    split_events(data, wanted);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

inline bool contains(std::string_view text, std::string_view subset) {
  return text.find(subset) != std::string_view::npos;
}

}  // namespace akin::split_test
