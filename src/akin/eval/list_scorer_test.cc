#include "akin/eval/list_scorer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "akin/base/rng.h"
#include "akin/eval/small_dataset_for_test.h"

namespace akin {
namespace {

/// The definitions of ListScorer, word by word.
struct Oracle {
  const SmallDataset& dataset;
  std::set<idx_t> audience(idx_t item) const {
    std::set<idx_t> users;
    for (const Event& e : dataset.train) {
      if (e.item == item && e.subset == Subset::kTrain) users.insert(e.user);
    }
    return users;
  }
  double events(idx_t item) const {
    return static_cast<double>(std::ranges::count_if(
        dataset.train, [&](const Event& e) { return e.item == item && e.subset == Subset::kTrain; }));
  }
  double cosine(idx_t a, idx_t b) const {
    const std::set<idx_t> of_a = audience(a), of_b = audience(b);
    if (of_a.empty() || of_b.empty()) return 0;
    double both = 0;
    for (const idx_t user : of_a) both += of_b.contains(user) ? 1 : 0;
    return both / std::sqrt(static_cast<double>(of_a.size()) * static_cast<double>(of_b.size()));
  }
  std::vector<double> score(const std::vector<idx_t>& list) const {
    std::vector<double> out(ListScorer::kMetrics, 0.0);
    if (list.empty()) return out;
    double pairs = 0;
    for (std::size_t a = 0; a < list.size(); ++a) {
      const double users = std::max<double>(1, static_cast<double>(audience(list[a]).size()));
      out[0] += -std::log2(users / static_cast<double>(dataset.data.n_users()));
      out[1] += events(list[a]);
      out[2] += events(list[a]) == 0 ? 1 : 0;
      for (std::size_t b = a + 1; b < list.size(); ++b, ++pairs) out[3] += 1 - cosine(list[a], list[b]);
    }
    for (std::size_t m = 0; m < 3; ++m) out[m] /= static_cast<double>(list.size());
    if (pairs > 0) out[3] /= pairs;
    return out;
  }
};

std::vector<float> popularity_of(const SmallDataset& dataset) {
  std::vector<float> popularity;
  for (idx_t i = 0; i < dataset.data.n_items(); ++i)
    popularity.push_back(static_cast<float>(Oracle{dataset}.events(i)));
  return popularity;
}

TEST(ListScorer, ByHand) {
  // Item 0: users 0 and 1. Item 1: users 1, 2 and 3. Item 2: nobody.
  const SmallDataset dataset(
      4, 3, {event(0, 0), event(1, 0), event(1, 0), event(1, 1), event(2, 1), event(3, 1)}, {});
  const TrainingData data{dataset.data, dataset.train};
  const Audiences audiences(data, data.n_items());
  const std::vector<float> popularity = popularity_of(dataset);
  const std::vector<int> cutoffs = {1, 3};
  ListScorer scorer(audiences, popularity, cutoffs);
  std::vector<double> out(2 * ListScorer::kMetrics);
  scorer.score(std::vector<idx_t>{0, 1, 2}, ListScorer::Diversity::kMeasure, out);
  EXPECT_DOUBLE_EQ(out[0], 1);  // half of the users have item 0
  EXPECT_DOUBLE_EQ(out[1], 3);  // events, of which user 1 has two
  EXPECT_DOUBLE_EQ(out[2], 0);
  EXPECT_DOUBLE_EQ(out[3], 0);
  EXPECT_NEAR(out[4], (1 + std::log2(4.0 / 3) + 2) / 3, 1e-12);
  EXPECT_NEAR(out[5], (3 + 3 + 0) / 3.0, 1e-12);
  EXPECT_NEAR(out[6], 1.0 / 3, 1e-12);
  EXPECT_NEAR(out[7], (1 - 1 / std::sqrt(6.0) + 1 + 1) / 3, 1e-12);
  scorer.score(std::vector<idx_t>{1}, ListScorer::Diversity::kSkip, out);
  EXPECT_DOUBLE_EQ(out[5], 3) << "the mean over the items there are";
  EXPECT_TRUE(std::isnan(out[7]));
  const auto first = scorer.counts(0), third = scorer.counts(1);
  EXPECT_EQ(std::vector<std::uint32_t>(first.begin(), first.end()), (std::vector<std::uint32_t>{1, 1, 0}));
  EXPECT_EQ(std::vector<std::uint32_t>(third.begin(), third.end()), (std::vector<std::uint32_t>{1, 2, 1}));
}

TEST(ListScorer, AgreesWithTheOracleOnRandomLists) {
  Rng rng(11);
  std::vector<Event> train;
  for (idx_t u = 0; u < 53; ++u) {
    for (std::uint64_t e = rng.below(13); e > 0; --e) {
      train.push_back(event(u, static_cast<idx_t>(rng.below(29))));
      if (rng.below(5) == 0) train.back().subset = Subset::kHistory;  // known, but not trained on
    }
  }
  const SmallDataset dataset(53, 31, train, {});
  const TrainingData data{dataset.data, dataset.train};
  const Audiences audiences(data, data.n_items());
  const std::vector<float> popularity = popularity_of(dataset);
  const std::vector<int> cutoffs = {2, 7, 19};
  ListScorer scorer(audiences, popularity, cutoffs);
  std::vector<idx_t> items(31);
  for (idx_t i = 0; i < 31; ++i) items[i] = i;
  for (const std::size_t size : {0U, 1U, 5U, 19U, 19U, 19U}) {
    rng.shuffle(std::span(items));
    const std::vector<idx_t> list(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(size));
    std::vector<double> out(cutoffs.size() * ListScorer::kMetrics);
    scorer.score(list, ListScorer::Diversity::kMeasure, out);
    for (std::size_t c = 0; c < cutoffs.size(); ++c) {
      const std::size_t k = std::min(size, static_cast<std::size_t>(cutoffs[c]));
      const auto expected =
          Oracle{dataset}.score({list.begin(), list.begin() + static_cast<std::ptrdiff_t>(k)});
      for (std::size_t m = 0; m < ListScorer::kMetrics; ++m)
        EXPECT_NEAR(out[c * ListScorer::kMetrics + m], expected[m], 1e-9) << ListScorer::kNames[m];
    }
  }
}

TEST(Evaluate, CoverageAndGiniCountTheListsOfAllUsers) {
  // Two users, four items, lists of two: {0, 1} and {0, 2}. Item 3 is never recommended.
  const SmallDataset dataset(3, 4, {event(0, 3), event(1, 3)}, {event(0, 0), event(1, 1)});
  const TableModel model(Kind::kScores, {{4, 3, 2, 1}, {4, 2, 3, 1}, {0, 0, 0, 0}});
  for (const int threads : {1, 3}) {
    const Evaluation e = dataset.evaluate(model, EvaluateOptions{.cutoffs = {2}}, threads);
    EXPECT_DOUBLE_EQ(e.value("coverage@2"), 0.75);
    // Counts 0, 1, 1, 2: (2 (1x0 + 2x1 + 3x1 + 4x2) / (4 x 4)) - 5 / 4
    EXPECT_DOUBLE_EQ(e.value("Gini@2"), 26.0 / 16 - 1.25);
    EXPECT_DOUBLE_EQ(e.value("cold@2"), 1);
    EXPECT_DOUBLE_EQ(e.value("popularity@2"), 0);
  }
  EXPECT_TRUE(std::isnan(dataset.evaluate(model, EvaluateOptions{.beyond = false}).value("coverage@5")));
}

TEST(Evaluate, HitsByPopularity) {
  // Training events: item 0 none, item 1 one, items 2 and 3 two and three. User 3 finds item 0 and item 3.
  const SmallDataset dataset(4, 4,
                             {event(0, 1), event(0, 2), event(0, 3), event(1, 2), event(1, 3), event(2, 3)},
                             {event(3, 0), event(3, 1), event(3, 2), event(3, 3)});
  const std::vector<std::vector<float>> table(4, {9, 1, 2, 8});
  struct KnowsAll : TableModel {
    using TableModel::TableModel;
    bool score_all(const Query&, std::span<float> out) const override {
      std::ranges::copy(std::vector<float>{9, 1, 2, 8}, out.begin());
      return true;
    }
  };
  const Evaluation e = dataset.evaluate(KnowsAll(Kind::kScores, table), EvaluateOptions{.cutoffs = {2}});
  EXPECT_EQ(e.bins_cutoff, 2);
  ASSERT_EQ(e.bins.size(), 3U);
  EXPECT_EQ(e.bins[0].max_events, 0U);
  EXPECT_EQ(e.bins[0].hits, 1U);
  EXPECT_EQ(e.bins[1].min_events, 1U);
  EXPECT_EQ(e.bins[1].hits, 0U);
  EXPECT_EQ(e.bins[2].min_events, 2U);
  EXPECT_EQ(e.bins[2].max_events, 3U);
  EXPECT_EQ(e.bins[2].held_out, 2U);
  EXPECT_EQ(e.bins[2].hits, 1U);
}

}  // namespace
}  // namespace akin
