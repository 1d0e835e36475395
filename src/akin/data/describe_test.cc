#include "akin/data/describe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/base/io.h"

namespace akin {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

void expect_summary(const Summary& actual, const Summary& expected) {
  EXPECT_EQ(actual.count, expected.count);
  EXPECT_NEAR(actual.mean, expected.mean, 1e-9);
  EXPECT_NEAR(actual.std, expected.std, 1e-9);
  EXPECT_DOUBLE_EQ(actual.min, expected.min);
  EXPECT_DOUBLE_EQ(actual.q25, expected.q25);
  EXPECT_DOUBLE_EQ(actual.q50, expected.q50);
  EXPECT_DOUBLE_EQ(actual.q75, expected.q75);
  EXPECT_DOUBLE_EQ(actual.max, expected.max);
}

Event event(idx_t user, idx_t item, float value, std::int64_t time = kNoTime) {
  return {.user = user, .item = item, .value = value, .time = time};
}

Dataset dataset(std::size_t users, std::size_t items, std::vector<Event> events) {
  Dataset data;
  for (std::size_t u = 0; u < users; ++u) data.users.add("u" + std::to_string(u));
  for (std::size_t i = 0; i < items; ++i) data.items.add("i" + std::to_string(i));
  data.events = std::move(events);
  return data;
}

TEST(Summarize, MatchesTablesByHand) {
  expect_summary(summarize({}), {});
  expect_summary(summarize({7}), {1, 7, 0, 7, 7, 7, 7, 7});
  expect_summary(summarize({4, 2}), {2, 3, std::sqrt(2.0), 2, 2.5, 3, 3.5, 4});
  expect_summary(summarize({3, 1, 2}), {3, 2, 1, 1, 1.5, 2, 2.5, 3});
  // Positions of the quartiles of five numbers are whole: 1, 2, 3.
  expect_summary(summarize({50, 10, 40, 20, 30}), {5, 30, std::sqrt(250.0), 10, 20, 30, 40, 50});
  expect_summary(summarize({kNaN, 4, kNaN, 2}), {2, 3, std::sqrt(2.0), 2, 2.5, 3, 3.5, 4});
}

TEST(Summarize, QuartilesAgreeWithSorting) {
  for (const std::size_t n : {4U, 6U, 13U, 101U, 997U}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(static_cast<double>(i * 7919 % 101) / 3);
    const Summary summary = summarize(values);
    std::ranges::sort(values);
    const auto quantile = [&](double q) {
      const double rank = q * static_cast<double>(n - 1);
      const auto low = static_cast<std::size_t>(rank);
      const double weight = rank - static_cast<double>(low);
      return values[low] * (1 - weight) + values[std::min(low + 1, n - 1)] * weight;
    };
    EXPECT_DOUBLE_EQ(summary.min, values.front());
    EXPECT_NEAR(summary.q25, quantile(0.25), 1e-12);
    EXPECT_NEAR(summary.q50, quantile(0.5), 1e-12);
    EXPECT_NEAR(summary.q75, quantile(0.75), 1e-12);
    EXPECT_DOUBLE_EQ(summary.max, values.back());
  }
}

TEST(Gini, KnownValues) {
  EXPECT_EQ(gini({}), 0);
  EXPECT_EQ(gini({0, 0}), 0);
  EXPECT_NEAR(gini({5, 5, 5}), 0, 1e-15);
  EXPECT_NEAR(gini({0, 0, 0, 8}), 0.75, 1e-15);
  EXPECT_NEAR(gini({3, 1}), 0.25, 1e-15);  // |3 - 1| x 2 / (2 x 2^2 x mean 2)
}

TEST(Describe, SmallDatasetByHand) {
  // u0 has i0 twice: three different pairs of 3 x 4 cells. u2, i2 and i3 have no events.
  Dataset data = dataset(3, 4,
                         {event(0, 0, 5, 1388534399 * kSecond), event(0, 0, 4, 1388534400 * kSecond),
                          event(0, 1, 5, 1393632000 * kSecond), event(1, 0, 1)});
  data.name = "events";
  data.events[3].kind = EventKind::kPurchase;
  data.events[2].subset = Subset::kTest;
  data.events[1].subset = Subset::kValidation;
  data.events[0].subset = Subset::kHistory;
  data.item_attributes.column("title").set(0, "Guitar");
  data.item_attributes.resize(4);
  data.user_attributes.column("age").set(2, "31");
  data.reviews.event = {0, 2, 3};
  data.reviews.summary.resize(3);
  data.reviews.text.push_back("  good\tsound\n\nindeed ");
  data.reviews.text.push_back(" \n");
  data.reviews.text.push_back("no");
  data.links.push_back({"also_bought", {{0, 1}, {1, 0}}});
  data.candidates.cols = 4;
  data.candidates.offsets = {0, 2, 2, 2};
  data.candidates.indices = {2, 3};
  data.candidates.values = {1, 1};

  const Description d = describe(data);
  EXPECT_EQ(d.name, "events");
  EXPECT_EQ(d.users, 3U);
  EXPECT_EQ(d.items, 4U);
  EXPECT_EQ(d.events, 4U);
  EXPECT_EQ(d.users_without_events, 1U);
  EXPECT_EQ(d.items_without_events, 2U);
  EXPECT_DOUBLE_EQ(d.density, 3.0 / 12);
  EXPECT_EQ(d.first_time, 1388534399 * kSecond);
  EXPECT_EQ(d.last_time, 1393632000 * kSecond);
  EXPECT_EQ(d.events_without_time, 1U);
  expect_summary(d.values, {4, 3.75, std::sqrt(10.75 / 3), 1, 3.25, 4.5, 5, 5});
  EXPECT_EQ(d.value_counts, (std::vector<std::pair<float, std::uint64_t>>{{1.F, 1}, {4.F, 1}, {5.F, 2}}));
  expect_summary(d.events_per_user, {2, 2, std::sqrt(2.0), 1, 1.5, 2, 2.5, 3});
  expect_summary(d.events_per_item, {2, 2, std::sqrt(2.0), 1, 1.5, 2, 2.5, 3});
  EXPECT_NEAR(d.gini_users, 0.25, 1e-15);
  EXPECT_EQ(d.popularity,
            (std::vector<std::pair<double, double>>{{0.3, 0.75}, {0.5, 0.75}, {0.75, 1.0}, {1.0, 1.0}}));
  EXPECT_EQ(d.kinds, (std::vector<std::pair<std::string, std::uint64_t>>{{"rating", 3}, {"purchase", 1}}));
  expect_summary(d.review_words, {3, 4.0 / 3, std::sqrt(7.0 / 3), 0, 0.5, 1, 2, 3});
  EXPECT_EQ(d.empty_reviews, 1U);
  EXPECT_EQ(d.item_content,
            (std::vector<std::pair<std::string, double>>{{"title", 0.25}, {"reviews", 0.25}}));
  EXPECT_EQ(d.user_content, (std::vector<std::pair<std::string, double>>{{"age", 1.0 / 3}}));
  EXPECT_EQ(d.links, (std::vector<std::pair<std::string, std::uint64_t>>{{"also_bought", 2}}));
  EXPECT_EQ(d.validation_events, 1U);
  EXPECT_EQ(d.test_events, 1U);
  EXPECT_EQ(d.history_events, 1U);
  EXPECT_EQ(d.candidates, 2U);
  EXPECT_EQ(d.events_by_month, (std::vector<std::pair<std::string, std::uint64_t>>{
                                   {"2013-12", 1}, {"2014-01", 1}, {"2014-03", 1}}));
}

TEST(Describe, EmptyDataset) {
  const Description d = describe(Dataset());
  EXPECT_EQ(d.events, 0U);
  EXPECT_EQ(d.density, 0);
  EXPECT_EQ(d.first_time, kNoTime);
  EXPECT_EQ(d.last_time, kNoTime);
  EXPECT_TRUE(d.events_by_month.empty());
  EXPECT_TRUE(d.popularity.empty());
}

TEST(Describe, ManyDifferentValuesAreSummarizedButNotListed) {
  std::vector<Event> events;
  for (idx_t i = 0; i < 5003; ++i) events.push_back(event(0, i, static_cast<float>(i * 2003 % 5003)));
  const Description sorted = describe(dataset(1, 5003, events));
  EXPECT_TRUE(sorted.value_counts.empty());
  expect_summary(sorted.values, {5003, 2501, std::sqrt(5003.0 * 5004 / 12), 0, 1250.5, 2501, 3751.5, 5002});
  events.resize(51);  // few enough to count, too many to list
  const Description counted = describe(dataset(1, 5003, events));
  EXPECT_TRUE(counted.value_counts.empty());
  std::vector<double> values;
  for (const Event& e : events) values.push_back(e.value);
  expect_summary(counted.values, summarize(values));
}

TEST(Describe, TimesBeyondTheCalendarAreKeptInItsFirstAndLastMonth) {
  constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max();
  const Description d =
      describe(dataset(1, 1, {event(0, 0, 1, kNoTime + 1), event(0, 0, 1, -1), event(0, 0, 1, kFar)}));
  EXPECT_EQ(d.events_by_month, (std::vector<std::pair<std::string, std::uint64_t>>{
                                   {"0000-01", 1}, {"1969-12", 1}, {"9999-12", 1}}));
  EXPECT_EQ(d.first_time, kNoTime + 1);
  EXPECT_EQ(d.last_time, kFar);
}

Summary summary_of(const nlohmann::json& json) {
  return {json["count"], json["mean"], json["std"], json["min"],
          json["q25"],   json["q50"],  json["q75"], json["max"]};
}

/// The reviews read with a general JSON parser, so that this test stands apart from the importer.
Dataset read_reviews(const std::string& path) {
  Dataset data;
  LineReader lines(path);
  std::vector<std::pair<Event, std::string>> rows;
  while (const auto line = lines.next()) {
    const auto json = nlohmann::json::parse(*line);
    rows.emplace_back(event(data.users.add(json["reviewerID"].get<std::string>()),
                            data.items.add(json["asin"].get<std::string>()), json["overall"],
                            json["unixReviewTime"].get<std::int64_t>() * kSecond),
                      json["reviewText"]);
  }
  std::ranges::stable_sort(rows, {},
                           [](const auto& row) { return std::pair(row.first.user, row.first.time); });
  for (const auto& [row, text] : rows) {
    data.reviews.event.push_back(data.events.size());
    data.reviews.text.push_back(text);
    data.events.push_back(row);
  }
  return data;
}

TEST(Describe, AgreesWithPandasOnMusicalInstruments) {
  const char* root = std::getenv("AKIN_DATA");
  const std::string path = std::string(root != nullptr ? root : AKIN_SOURCE_DIR "/../shared/data") +
                           "/amazon-musical-instruments/reviews_Musical_Instruments_5.json.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no data at " << path << "; set AKIN_DATA";
  std::ifstream fixture(AKIN_SOURCE_DIR "/tests/reference/describe_musical_instruments.json");
  const auto expected = nlohmann::json::parse(fixture);
  const Description d = describe(read_reviews(path));
  EXPECT_EQ(d.users, expected["users"]);
  EXPECT_EQ(d.items, expected["items"]);
  EXPECT_EQ(d.events, expected["events"]);
  EXPECT_DOUBLE_EQ(d.density, expected["density"]);
  EXPECT_EQ(d.first_time / kSecond, expected["first_time"]);
  EXPECT_EQ(d.last_time / kSecond, expected["last_time"]);
  expect_summary(d.values, summary_of(expected["values"]));
  EXPECT_EQ(nlohmann::json(d.value_counts), expected["value_counts"]);
  expect_summary(d.events_per_user, summary_of(expected["events_per_user"]));
  expect_summary(d.events_per_item, summary_of(expected["events_per_item"]));
  EXPECT_NEAR(d.gini_users, expected["gini_users"].get<double>(), 1e-12);
  EXPECT_NEAR(d.gini_items, expected["gini_items"].get<double>(), 1e-12);
  expect_summary(d.review_words, summary_of(expected["review_words"]));
  EXPECT_EQ(d.empty_reviews, expected["empty_reviews"]);
  EXPECT_EQ(nlohmann::json(d.events_by_month), expected["events_by_month"]);
}

}  // namespace
}  // namespace akin
