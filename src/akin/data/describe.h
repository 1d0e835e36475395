// What is in a data set.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// Summary of numbers as pandas' describe() gives it: n - 1 in the standard deviation, quartiles by linear
/// interpolation.
struct Summary {
  std::uint64_t count = 0;
  double mean = 0, std = 0, min = 0, q25 = 0, q50 = 0, q75 = 0, max = 0;
};
/// Quartiles are exact. Cost: O(n log n).
Summary summarize(std::vector<double> values);
/// Gini coefficient of non-negative counts: 0 = all equal, near 1 = one has everything.
double gini(std::vector<std::uint64_t> counts);

/// See docs/formats.md for what each figure means.
struct Description {
  std::string name;
  std::uint64_t users = 0, items = 0, events = 0;
  std::uint64_t users_without_events = 0, items_without_events = 0;
  double density = 0;  ///< different (user, item) pairs / (users x items)
  std::int64_t first_time = kNoTime, last_time = kNoTime;
  std::uint64_t events_without_time = 0;
  Summary values;
  std::vector<std::pair<float, std::uint64_t>>
      value_counts;  ///< ascending; empty if over 50 different values
  Summary events_per_user, events_per_item;
  double gini_users = 0, gini_items = 0;
  std::vector<std::pair<std::string, std::uint64_t>> kinds;  ///< event kinds present
  Summary review_words;  ///< words of review texts, separated by white space; count 0 = no reviews
  std::uint64_t empty_reviews = 0;
  std::vector<std::pair<std::string, double>> item_content, user_content;  ///< attribute, share that has it
  std::vector<std::pair<std::string, std::uint64_t>> links;
  std::uint64_t validation_events = 0, test_events = 0, candidates = 0;  ///< of a given split
  std::vector<std::pair<std::string, std::uint64_t>> events_by_month;    ///< "2014-07", ascending
};
Description describe(const Dataset& data);

}  // namespace akin
