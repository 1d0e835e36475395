#include "akin/models/sequence/sequence_rules.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/models/sequence/sequence_data_test.h"

namespace akin {
namespace {

using namespace testing_sequences;

std::unique_ptr<Model> rules(const Dataset& data, const SequenceRules::Config& config) {
  return SequenceRules::fit({data, data.events}, config, {});
}

/// Counts, of what comes later unless `backward` says otherwise.
SequenceRules::Config plain(SequenceRules::Config config, float backward = 0) {
  config.backward = backward;
  config.source_power = config.target_power = 0;
  return config;
}

TEST(SequenceRules, CountWhatFollowsByDistance) {
  const Dataset data = dataset_of({{0, 1, 2}, {0, 2}}, 4);
  const auto model = rules(data, plain({.steps = 2}));
  EXPECT_EQ(scores_after(*model, {0}), (std::vector<float>{0, 1, 1.5f, 0}));
  EXPECT_EQ(scores_after(*model, {2}), std::vector<float>()) << "nothing follows it";
  EXPECT_EQ(scores_after(*model, {0, 1}), (std::vector<float>{0, 0.6f, 1 + 0.6f * 1.5f, 0}));
  EXPECT_EQ(scores_after(*rules(data, plain({.steps = 1})), {0}), (std::vector<float>{0, 1, 1, 0}));
  EXPECT_EQ(scores_after(*rules(data, plain({.steps = 1}, 0.5f)), {1}), (std::vector<float>{0.5f, 0, 1, 0}));
}

TEST(SequenceRules, OneStepAndOneItemIsAMarkovChain) {
  const auto sequences = random_sequences(31, 7, 1);
  const Dataset data = dataset_of(sequences, 7);
  const auto model = rules(data, plain({.steps = 1, .history = 1}));
  for (idx_t last = 0; last < 7; ++last) {
    std::vector<float> counts(7, 0.0f);
    for (const auto& sequence : sequences) {
      for (std::size_t e = 1; e < sequence.size(); ++e) counts[sequence[e]] += sequence[e - 1] == last;
    }
    EXPECT_EQ(scores_after(*model, {3, 5, last}), counts);
  }
}

/// The definition in plain loops.
std::vector<double> expected(const std::vector<std::vector<idx_t>>& sequences, idx_t n_items,
                             const SequenceRules::Config& config, const std::vector<idx_t>& history) {
  std::vector<double> events(n_items, 0.0), scores(n_items, 0.0);
  for (const auto& sequence : sequences) {
    for (const idx_t item : sequence) ++events[item];
  }
  const auto weight = [&](std::size_t distance) {
    const auto d = static_cast<double>(distance);
    if (d > config.steps) return 0.0;
    if (config.weighting == "inverse") return 1 / d;
    if (config.weighting == "linear") return (config.steps + 1 - d) / config.steps;
    return config.weighting == "quadratic" ? 1 / d / d : 1.0;
  };
  for (std::size_t age = 0; age < history.size(); ++age) {
    if (config.history > 0 && age >= static_cast<std::size_t>(config.history)) break;
    const idx_t j = history[history.size() - 1 - age];
    for (const auto& sequence : sequences) {
      for (std::size_t a = 0; a < sequence.size(); ++a) {
        for (std::size_t b = 0; b < sequence.size(); ++b) {
          if (sequence[a] != j || a == b) continue;
          const idx_t i = sequence[b];
          scores[i] += std::pow(config.decay, age) *
                       (a < b ? weight(b - a) : static_cast<double>(config.backward) * weight(a - b)) /
                       (std::pow(events[j], config.source_power) * std::pow(events[i], config.target_power));
        }
      }
    }
  }
  return scores;
}

TEST(SequenceRules, EveryParameterMatchesTheDefinition) {
  constexpr idx_t kItems = 13;
  const auto sequences = random_sequences(41, kItems, 2);
  const Dataset data = dataset_of(sequences, kItems);
  for (const char* weighting : {"inverse", "linear", "quadratic", "same"}) {
    const SequenceRules::Config config{.steps = 3,
                                       .weighting = weighting,
                                       .decay = 0.7f,
                                       .history = 4,
                                       .backward = 0.3f,
                                       .source_power = 0.5f,
                                       .target_power = 0.2f,
                                       .neighbors = 0};
    const auto model = rules(data, config);
    for (const auto& history : random_sequences(11, kItems, 3)) {
      const std::vector<float> scores = scores_after(*model, history);
      const std::vector<double> wanted = expected(sequences, kItems, config, history);
      ASSERT_EQ(scores.size(), kItems);
      for (idx_t i = 0; i < kItems; ++i) EXPECT_NEAR(scores[i], wanted[i], 1e-5) << weighting;
    }
  }
}

TEST(SequenceRules, KeepTheLargestRules) {
  const Dataset data = dataset_of({{0, 1}, {0, 1}, {0, 2}, {0, 2}, {0, 2}, {0, 3}}, 4);
  EXPECT_EQ(scores_after(*rules(data, plain({.neighbors = 2})), {0}), (std::vector<float>{0, 2, 3, 0}));
  EXPECT_EQ(scores_after(*rules(data, plain({.neighbors = 0})), {0}), (std::vector<float>{0, 2, 3, 1}));
}

TEST(SequenceRules, AreCutByGaps) {
  Dataset data = dataset_of({{0, 1, 2}}, 3);
  for (std::size_t e = 0; e < 3; ++e) data.events[e].time = static_cast<std::int64_t>(e * e) * 60 * kSecond;
  const auto model = rules(data, plain({.session_gap = 100}));
  EXPECT_EQ(scores_after(*model, {0}), (std::vector<float>{0, 1, 0})) << "2 comes three minutes later";
  const std::vector<idx_t> history = {0, 1};
  const std::vector<std::int64_t> times = {0, 3600 * kSecond};
  std::vector<float> out(3);
  EXPECT_FALSE(model->score_all({.history = history, .times = times}, out)) << "item 0 was an hour ago";
}

TEST(SequenceRules, AnItemThatFollowsItselfIsNotSimilarToItself) {
  const Dataset data = dataset_of({{0, 0, 0, 1, 2}}, 3);
  const auto model = rules(data, {});
  ASSERT_EQ(model->similar(0, 2).size(), 2u);
  EXPECT_EQ(model->similar(0, 1).at(0).idx, 1u);
  EXPECT_GT(scores_after(*model, {0})[0], 0) << "where repeats are allowed, it may come again";
}

TEST(SequenceRules, ExplainsRepeatedItemsOnce) {
  const auto model = rules(dataset_of({{0, 1, 2}}, 3), plain({.decay = 0.5f}));
  const std::vector<idx_t> history = {1, 0, 1};
  const auto why = model->explain({.history = history}, 2);
  ASSERT_TRUE(why.has_value());
  ASSERT_EQ(why->causes.size(), 2u);
  EXPECT_EQ(why->causes[0], (Scored{1, 1.25f}));
  EXPECT_EQ(why->causes[1], (Scored{0, 0.25f}));
}

}  // namespace
}  // namespace akin
