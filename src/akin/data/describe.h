// What is in a data set.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// Summary of numbers as pandas' describe() gives it: n - 1 in the standard deviation,
/// quartiles by linear interpolation.
struct Summary {
  std::uint64_t count = 0;
  double mean = 0, std = 0, min = 0, q25 = 0, q50 = 0, q75 = 0, max = 0;
};
/// NaN values are left out. All zero if there are no values; std is 0 for a single one. Quartiles are exact.
/// Cost: O(n).
Summary summarize(std::vector<double> values);
/// Gini coefficient of non-negative counts, (2 sum_i i x_i) / (n sum_i x_i) - (n + 1) / n for ascending
/// x_1 .. x_n: 0 = all equal, near 1 = one has everything; 0 if there are none or all are 0.
/// Cost: O(n log n).
double gini(std::vector<std::uint64_t> counts);

/// Figures per user and per item are over those that have events; the others are counted.
struct Description {
  std::string name;
  std::uint64_t users = 0, items = 0, events = 0;
  std::uint64_t users_without_events = 0, items_without_events = 0;
  double density = 0;  ///< different (user, item) pairs / (users x items with events)
  std::int64_t first_time = kNoTime, last_time = kNoTime;  ///< of moments
  bool positions = false;  ///< instead of times each user's events have an order (EventOrder::kPositions)
  std::uint64_t events_without_time = 0;
  Summary values;
  /// Ascending; empty if over 50 different values.
  std::vector<std::pair<float, std::uint64_t>> value_counts;
  Summary events_per_user, events_per_item;
  double gini_users = 0, gini_items = 0;
  /// (share of items, most popular first; share of all events they have), ascending: the long tail.
  std::vector<std::pair<double, double>> popularity;
  std::vector<std::pair<std::string, std::uint64_t>> kinds;  ///< event kinds present
  /// Words per review text, separated by white space; empty ones are in; count 0 = no reviews.
  Summary review_words;
  std::uint64_t empty_reviews = 0;
  /// (attribute, share of all items or users that have it), in the order of import;
  /// "reviews" = a review with words.
  std::vector<std::pair<std::string, double>> item_content, user_content;
  /// (attribute, share of all events that have it).
  std::vector<std::pair<std::string, double>> event_content;
  /// (attribute, its type), of items and users.
  std::vector<std::pair<std::string, std::string>> item_types, user_types;
  std::vector<std::pair<std::string, std::uint64_t>> links;
  /// Of a given split.
  std::uint64_t validation_events = 0, test_events = 0, history_events = 0, candidates = 0;
  /// ("2014-07" in UTC, events), ascending; months without events between the first
  /// and the last are not listed.
  std::vector<std::pair<std::string, std::uint64_t>> events_by_month;
};
/// Cost: O(events + bytes of reviews) time; O(users + items) memory, plus 8 bytes an event if it has over
/// 4,096 different values.
Description describe(const Dataset& data);

}  // namespace akin
