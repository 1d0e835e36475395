#include "akin/models/sequence/session_knn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "akin/base/error.h"
#include "akin/models/sequence/sequence_data_test.h"

namespace akin {
namespace {

using namespace testing_sequences;

std::unique_ptr<Model> knn(const Dataset& data, const SessionKnn::Config& config) {
  return SessionKnn::fit({data, data.events}, config, {});
}

constexpr std::int64_t kDay = 86'400 * kSecond, kStart = 10'000 * kDay;

TEST(SessionKnn, SknnIsTheCosineOfSetsOfItems) {
  const auto model = knn(dataset_of({{0, 1, 2, 1}, {1, 3}, {4}}, 5), {.variant = "sknn"});
  const std::vector<float> scores = scores_after(*model, {0, 1});
  const float first = 2 / std::sqrt(2.0f * 3), second = 1 / std::sqrt(2.0f * 2);
  const std::vector<float> wanted = {first, first + second, first, second, 0};
  for (idx_t i = 0; i < 5; ++i) EXPECT_FLOAT_EQ(scores[i], wanted[i]) << i;
  EXPECT_TRUE(scores_after(*knn(dataset_of({{0}}, 2), {}), {1}).empty()) << "nobody has item 1";
}

std::vector<idx_t> different(const std::vector<idx_t>& sequence) {
  std::vector<idx_t> items;
  for (auto item = sequence.rbegin(); item != sequence.rend(); ++item) {
    if (std::ranges::find(items, *item) == items.end()) items.insert(items.begin(), *item);
  }
  return items;
}

/// The formula in plain loops; later sequences are the later sessions.
std::vector<double> expected(const std::vector<std::vector<idx_t>>& sequences, idx_t n_items,
                             const SessionKnn::Config& config, const std::vector<idx_t>& asked) {
  const auto n = static_cast<double>(asked.size());
  const auto place = [&](idx_t item) {  // the last one, from 1; 0 = it is not there
    const auto found = std::find(asked.rbegin(), asked.rend(), item);
    return static_cast<double>(asked.rend() - found);
  };
  const auto weight = [&](double p) {
    if (config.weighting == "same") return 1.0;
    if (config.weighting == "linear") return p / n;
    if (config.weighting == "quadratic") return p * p / n / n;
    return std::exp((p - n) / config.position_decay);
  };
  double squares = 0;
  for (const idx_t item : different(asked)) squares += std::pow(weight(place(item)), 2);
  struct Found {
    double similarity;
    std::size_t session;
  };
  std::vector<Found> found;
  for (std::size_t s = sequences.size(); s-- > 0;) {
    const auto items = different(sequences[s]);
    double sum = 0;
    for (const idx_t item : items) sum += place(item) > 0 ? weight(place(item)) : 0;
    if (sum > 0 && found.size() < static_cast<std::size_t>(config.sample))
      found.push_back({sum / std::sqrt(squares) / std::sqrt(static_cast<double>(items.size())), s});
  }
  std::ranges::stable_sort(found, std::greater(), &Found::similarity);
  found.resize(std::min(found.size(), static_cast<std::size_t>(config.neighbors)));
  std::vector<double> scores(n_items, 0.0), with_item(n_items, 0.0);
  for (const auto& sequence : sequences) {
    for (const idx_t item : different(sequence)) ++with_item[item];
  }
  for (const auto& [similarity, s] : found) {
    const auto items = different(sequences[s]);
    std::size_t shared = items.size();
    for (std::size_t k = 0; k < items.size(); ++k) {
      if (place(items[k]) > 0 && (shared == items.size() || place(items[k]) > place(items[shared])))
        shared = k;
    }
    for (std::size_t k = 0; k < items.size(); ++k) {
      const double distance = std::abs(static_cast<double>(k) - static_cast<double>(shared));
      scores[items[k]] += similarity * std::exp((place(items[shared]) - n) / config.match_decay) *
                          std::exp(-distance / config.distance_decay);
    }
  }
  for (idx_t i = 0; i < n_items; ++i) {
    scores[i] *=
        1 + config.idf * std::log(static_cast<double>(sequences.size()) / std::max(1.0, with_item[i]));
  }
  return scores;
}

TEST(SessionKnn, EveryParameterMatchesTheFormula) {
  constexpr idx_t kItems = 23;
  const auto sequences = random_sequences(97, kItems, 4);
  const Dataset data = dataset_of(sequences, kItems);
  for (const char* weighting : {"same", "linear", "quadratic", "exponential"}) {
    const SessionKnn::Config config{.neighbors = 1000,
                                    .sample = 29,
                                    .weighting = weighting,
                                    .position_decay = 1.7f,
                                    .match_decay = 2.3f,
                                    .distance_decay = 3.1f,
                                    .idf = 0.7f};
    const auto model = knn(data, config);
    for (const auto& asked : random_sequences(13, kItems, 5)) {
      const std::vector<float> scores = scores_after(*model, asked);
      const std::vector<double> wanted = expected(sequences, kItems, config, asked);
      ASSERT_EQ(scores.size(), kItems);
      for (idx_t i = 0; i < kItems; ++i)
        EXPECT_NEAR(scores[i], wanted[i], 1e-4 * (1 + wanted[i])) << weighting;
    }
  }
}

TEST(SessionKnn, TakesTheNearestNeighbours) {
  const Dataset data = dataset_of({{0, 1}, {0, 2, 5, 6, 7}}, 8);
  const std::vector<float> scores = scores_after(*knn(data, {.variant = "sknn", .neighbors = 1}), {0});
  EXPECT_GT(scores[1], 0);
  EXPECT_EQ(scores[2], 0) << "its session is longer, so less similar";
}

TEST(SessionKnn, TheSampleIsOfTheLatestSessions) {
  Dataset data = dataset_of({{0, 1}, {0, 2}, {0, 3}}, 4);
  const auto among = [&] {
    const std::vector<float> scores = scores_after(*knn(data, {.sample = 1}), {0});
    return std::ranges::max_element(scores.begin() + 1, scores.end()) - scores.begin();
  };
  EXPECT_EQ(among(), 3) << "without times, the last of the data";
  for (Event& event : data.events) event.time = kStart - event.user * kDay;
  EXPECT_EQ(among(), 1) << "by time";
  for (Event& event : data.events) event.time = (3 - event.user) * kSecond;
  EXPECT_EQ(among(), 3) << "these are positions, not times";
}

TEST(SessionKnn, OldSessionsCountLess) {
  Dataset data = dataset_of({{0, 1}, {0, 2}}, 3);
  for (Event& event : data.events) event.time = kStart + event.user * 10 * kDay;
  const auto model = knn(data, {.session_age_days = 10});
  const std::vector<idx_t> history = {0};
  std::vector<float> out(3);
  ASSERT_TRUE(model->score_all({.history = history, .now = kStart + 10 * kDay}, out));
  EXPECT_NEAR(out[1] / out[2], std::exp(-1), 1e-5);
  ASSERT_TRUE(model->score_all({.history = history}, out));
  EXPECT_FLOAT_EQ(out[1], out[2]) << "nobody says when it is";
}

TEST(SessionKnn, AUserIsNoNeighbourOfThemselves) {
  const auto model = knn(dataset_of({{0, 1}, {0, 2}}, 3), {});
  const std::vector<idx_t> history = {0};
  std::vector<float> out(3);
  ASSERT_TRUE(model->score_all({.user = 0, .history = history}, out));
  EXPECT_EQ(out[1], 0);
  EXPECT_GT(out[2], 0);
}

TEST(SessionKnn, AsksForTheLastSession) {
  const auto model = knn(dataset_of({{0, 1}, {2, 3}}, 4), {.session_gap = 60});
  const std::vector<idx_t> history = {0, 2};
  const std::vector<std::int64_t> times = {kStart, kStart + kDay};
  std::vector<float> out(4);
  ASSERT_TRUE(model->score_all({.history = history, .times = times}, out));
  EXPECT_EQ(out[1], 0);
  EXPECT_GT(out[3], 0);
  EXPECT_EQ(scores_after(*knn(dataset_of({{0, 1}, {2, 3}}, 4), {.history = 1}), {0, 2})[1], 0);
}

TEST(SessionKnn, VariantsSetWhatIsNotGiven) {
  const auto sequences = random_sequences(53, 17, 6);
  const Dataset data = dataset_of(sequences, 17);
  std::set<std::vector<float>> answers;
  for (const char* variant : {"sknn", "v-sknn", "stan", "vstan"})
    answers.insert(scores_after(*knn(data, {.variant = variant}), {1, 2, 3}));
  EXPECT_EQ(answers.size(), 4u);
  const SessionKnn::Config given{.weighting = "same", .match_decay = 0, .distance_decay = 0, .idf = 0};
  EXPECT_EQ(scores_after(*knn(data, given), {1, 2, 3}),
            scores_after(*knn(data, {.variant = "sknn"}), {1, 2, 3}));
}

TEST(SessionKnn, LongSessionsOfOneItemAreNoTrouble) {
  const std::vector<idx_t> many(200'001, 1);
  const auto model = knn(dataset_of({many, {1, 0}}, 2), {});
  EXPECT_GT(scores_after(*model, many)[0], 0);
}

}  // namespace
}  // namespace akin
