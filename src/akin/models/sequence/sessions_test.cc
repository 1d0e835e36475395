#include "akin/models/sequence/sessions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "akin/linalg/matrix.h"
#include "akin/models/fit/context.h"
#include "akin/models/query_history.h"
#include "akin/models/sequence/fpmc.h"
#include "akin/models/sequence/sequence_data_test.h"
#include "akin/models/sequence/sequence_rules.h"
#include "akin/models/sequence/session_knn.h"
#include "akin/models/sequence/session_popularity.h"

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

TEST(SessionsTest, NewItemsAreTheMeanOfThoseAroundThem) {
  const std::vector<Event> events = {at(0, 0, 0), at(0, 3, 1), at(0, 1, 2),
                                     at(1, 1, 0), at(1, 3, 1), at(2, 4, 0)};
  Matrix rows(5, 2);
  for (std::size_t i = 0; i < 5; ++i) rows[i][0] = static_cast<float>(i);
  place_among_neighbors(cut_sessions(events, 0), {1, 1, 1, 0, 0}, rows);
  EXPECT_FLOAT_EQ(rows[3][0], 2.0f / 3) << "among 0, 1 and 1";
  EXPECT_EQ(rows[4][0], 4) << "nothing is around it";
  EXPECT_EQ(rows[1][0], 1) << "known";
}

/// What the models that count, and fpmc, have in common.
struct Baseline {
  const char* name;
  std::function<std::unique_ptr<Model>(const TrainingData&, const FitContext&)> fit;
};
const Baseline kBaselines[] = {
    {"sequence-rules",
     [](const TrainingData& data, const FitContext& context) {
       return SequenceRules::fit(data, {.session_gap = 1800}, context);
     }},
    {"session-knn",
     [](const TrainingData& data, const FitContext& context) {
       return SessionKnn::fit(data, {.session_age_days = 3, .session_gap = 1800}, context);
     }},
    {"session-popularity",
     [](const TrainingData& data, const FitContext& context) {
       return SessionPopularity::fit(data, {.session_gap = 1800}, context);
     }},
    {"fpmc", [](const TrainingData& data, const FitContext& context) {
       return Fpmc::fit(data, {.factors = 5, .epochs = 2, .session_gap = 1800}, context);
     }}};

constexpr idx_t kItems = 131;
constexpr std::int64_t kMiddle = 1'600'000'000 * kSecond;

/// Users with events before and after kMiddle; what comes after is other items with another `seed`.
Dataset days(std::uint64_t seed) {
  Dataset data = testing_sequences::dataset_of(testing_sequences::random_sequences(97, kItems, 1), kItems);
  for (std::size_t e = 0, step = 0; e < data.events.size(); ++e) {
    step = e > 0 && data.events[e].user == data.events[e - 1].user ? step + 1 : 0;
    data.events[e].time = kMiddle + (static_cast<std::int64_t>(step) - 4) * 1500 * kSecond;
    if (data.events[e].time > kMiddle) data.events[e].item = static_cast<idx_t>(Rng(seed, e).below(kItems));
  }
  data.users.add("nobody");  // without events
  return data;
}

/// Scores after a few users' events up to kMiddle, in the order of the users.
std::vector<float> answers(const Model& model, const Dataset& data, bool known) {
  std::vector<float> all, scores(model.n_items());
  for (const idx_t user : {0u, 5u, 40u, 96u}) {
    QueryHistory history;
    for (const Event& event : data.events) {
      if (event.user == user && event.time <= kMiddle) history.add(event);
    }
    Query query = known ? history.query(static_cast<idx_t>(data.n_users() - 1)) : history.query(std::nullopt);
    query.now = kMiddle;
    EXPECT_TRUE(model.score_all(query, scores));
    all.insert(all.end(), scores.begin(), scores.end());
  }
  return all;
}

TEST(NextItemBaselines, DoNotLookAhead) {
  const Dataset one = days(1), other = days(2);
  const auto before = [](const Dataset& data) {
    std::vector<Event> events;
    std::ranges::copy_if(data.events, std::back_inserter(events),
                         [](const Event& event) { return event.time <= kMiddle; });
    return events;
  };
  EXPECT_NE(one.events, other.events);
  const std::vector<Event> events = before(one), same_events = before(other);
  for (const Baseline& baseline : kBaselines) {
    EXPECT_EQ(answers(*baseline.fit({one, events}, {}), one, false),
              answers(*baseline.fit({other, same_events}, {}), other, false))
        << baseline.name;
  }
}

TEST(NextItemBaselines, AreTheSameAtAnyNumberOfThreadsAndForAnybodyWithTheSameHistory) {
  const Dataset data = days(1);
  FitContext one, three;
  one.threads = 1;
  three.threads = 3;
  for (const Baseline& baseline : kBaselines) {
    const auto model = baseline.fit({data, data.events}, one);
    const std::vector<float> expected = answers(*model, data, false);
    EXPECT_EQ(expected, answers(*baseline.fit({data, data.events}, three), data, false)) << baseline.name;
    EXPECT_EQ(expected, answers(*model, data, true)) << baseline.name << ", a known user without events";
  }
}

}  // namespace
}  // namespace akin
