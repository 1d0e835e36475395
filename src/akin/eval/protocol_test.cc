// Evaluation options beyond the standard list: area under the curve, each event in turn, seen items, labels.
#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/eval/ranking.h"
#include "akin/eval/ranking_task.h"
#include "akin/eval/rating.h"
#include "akin/eval/small_dataset_for_test.h"
#include "akin/linalg/pair_area.h"

namespace akin {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The share of pairs, counted one by one; NaN scores are worst.
double naive_area(const std::vector<float>& scores, const std::vector<idx_t>& held_out,
                  const std::vector<idx_t>& excluded) {
  const auto holds = [](const std::vector<idx_t>& items, idx_t item) {
    return std::ranges::find(items, item) != items.end();
  };
  const auto score = [&](idx_t item) { return std::isnan(scores[item]) ? -kInfinity : scores[item]; };
  double wins = 0, pairs = 0;
  for (const idx_t item : held_out) {
    for (idx_t other = 0; other < scores.size(); ++other) {
      if (holds(held_out, other) || holds(excluded, other)) continue;
      ++pairs;
      wins += score(item) > score(other) ? 1 : score(item) == score(other) ? 0.5 : 0;
    }
  }
  return wins / pairs;
}

TEST(RocArea, AgreesWithCountingPairs) {
  Rng rng(3);
  for (const std::size_t n : {2U, 7U, 31U, 101U}) {
    for (int round = 0; round < 20; ++round) {
      std::vector<float> scores(n);
      std::vector<idx_t> held_out, excluded;
      for (idx_t i = 0; i < n; ++i) {
        scores[i] = static_cast<float>(rng.below(5));
        if (rng.below(7) == 0) scores[i] = rng.below(2) == 0 ? kNaN : -kInfinity;
        const std::uint64_t fate = rng.below(4);
        if (fate == 0) held_out.push_back(i);
        if (fate == 1) excluded.push_back(i);
      }
      const double area = roc_area(scores, held_out, excluded);
      if (held_out.empty() || held_out.size() + excluded.size() == n) {
        EXPECT_TRUE(std::isnan(area));
      } else {
        EXPECT_NEAR(area, naive_area(scores, held_out, excluded), 1e-12);
      }
    }
  }
}

TEST(RocArea, IsHalfForAConstantScorer) {
  const std::vector<idx_t> held_out = {1, 4};
  for (const float constant : {0.0F, 3.0F, kNaN, -kInfinity, kInfinity})
    EXPECT_EQ(roc_area(std::vector<float>(7, constant), held_out, {}), 0.5);
}

TEST(Evaluate, AreaUnderTheCurveLeavesOutWhatTheUserHas) {
  // User 0 has item 4, which scores best. Held out: 1 (beats 2 and 3) and 0 (beats all three).
  const SmallDataset dataset(1, 5, {event(0, 4)}, {event(0, 0), event(0, 1)});
  for (const Kind kind : kKinds) {
    const Evaluation e =
        dataset.evaluate(TableModel(kind, {{8, 5, 4, 6, 9}}), EvaluateOptions{.cutoffs = {1}, .auc = true});
    EXPECT_DOUBLE_EQ(e.value("AUC"), 3.0 / 4);  // 8 > 4, 8 > 6, 5 > 4, not 5 > 6
  }
}

TEST(Evaluate, SeenItemsMayCount) {
  // The user buys item 1 again.
  const SmallDataset dataset(1, 4, {event(0, 1)}, {event(0, 1), event(0, 2)});
  for (const Kind kind : kKinds) {
    const TableModel model(kind, {{1, 9, 5, 2}});
    Evaluation e = dataset.evaluate(model, EvaluateOptions{.cutoffs = {1, 2}});
    EXPECT_EQ(e.repeated_events, 1U);
    EXPECT_EQ(e.value("Recall@1"), 1);
    e = dataset.evaluate(model, EvaluateOptions{.cutoffs = {1, 2}, .exclude_seen = false});
    EXPECT_EQ(e.repeated_events, 0U);
    EXPECT_EQ(e.value("Recall@1"), 0.5);
    EXPECT_EQ(e.value("Recall@2"), 1);
    EXPECT_EQ(e.protocol, "all 4 items ranked, seen items included");
  }
}

/// Scores the item after the last one of the history (modulo the number of items) best.
class NextModel : public Model {
 public:
  explicit NextModel(std::size_t n_items) : n_items_(n_items) {}
  const Matrix& item_vectors() const override { return none_; }
  std::size_t n_items() const override { return n_items_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override {
    if (query.history.empty()) return false;
    std::ranges::fill(out, 0.0F);
    out[(query.history.back() + 1) % n_items_] = 1 + static_cast<float>(query.history.size());
    return true;
  }
  void save(TensorWriter&) const override {}

 private:
  std::size_t n_items_;
  Matrix none_;
};

TEST(Evaluate, EachEventIsPredictedFromThoseBefore) {
  // Session 1 was never trained on: it starts with item 2, then 3 (found), 3 again (missed), 4 (found).
  std::vector<Event> known = {event(0, 0), event(0, 1), event(1, 2)};
  known[2].subset = Subset::kHistory;
  const SmallDataset dataset(3, 5, known, {event(1, 3), event(1, 3), event(1, 4), event(2, 1)});
  const Evaluation e = dataset.evaluate(NextModel(5), EvaluateOptions{.cutoffs = {1}, .each_event = true});
  EXPECT_EQ(e.lists, 4U);
  EXPECT_EQ(e.users, 2U);
  EXPECT_EQ(e.fallback_users, 1U) << "session 2 has no history; items 0 and 1 are the most popular";
  EXPECT_EQ(e.cold_item_events, 3U);
  EXPECT_DOUBLE_EQ(e.value("HR@1"), 2.0 / 4);
  const Metric* hr = find_metric(e.metrics, "HR@1");
  ASSERT_NE(hr, nullptr);
  EXPECT_EQ(hr->weights, (std::vector<float>{3, 1}));
  EXPECT_FLOAT_EQ(hr->values[0], 2.0F / 3);
  EXPECT_NEAR(mean_of(*hr), 0.5, 1e-6);
  EXPECT_EQ(e.protocol, "each event predicted from those before it: all 5 items ranked, seen items included");
}

TEST(Evaluate, AskedAsAStrangerWithoutTrainingEvents) {
  struct Names : TableModel {
    using TableModel::TableModel;
    bool score_all(const Query& query, std::span<float> out) const override {
      EXPECT_FALSE(query.user.has_value());
      EXPECT_EQ(query.history.size(), 1U);
      std::ranges::fill(out, 0.0F);
      return true;
    }
  };
  std::vector<Event> known = {event(0, 0)};
  known[0].subset = Subset::kHistory;
  const SmallDataset dataset(1, 3, known, {event(0, 1)});
  EXPECT_EQ(dataset.evaluate(Names(Kind::kScores, {{1, 2, 3}}), {1}).fallback_users, 0U);
}

TEST(PairArea, CountsPairs) {
  const std::vector<float> scores = {1, 2, 2, 3};
  EXPECT_DOUBLE_EQ(pair_area(scores, std::vector<char>{0, 1, 0, 1}), (1 + 0.5 + 2) / 4);
  EXPECT_TRUE(std::isnan(pair_area(scores, std::vector<char>{1, 1, 1, 1})));
  EXPECT_TRUE(std::isnan(pair_area({}, {})));
}

TEST(Evaluate, LabelsByHand) {
  // Liked = 4 or more. User 0: 5 and 2, separated. User 1: 4, 3, 1. User 2: only liked, in no group.
  const SmallDataset dataset(
      3, 4, {event(0, 0, 1), event(1, 0, 5), event(2, 0, 3)},
      {event(0, 1, 5), event(0, 2, 2), event(1, 1, 4), event(1, 2, 3), event(1, 3, 1), event(2, 1, 5)});
  const std::vector<std::vector<float>> table = {{0, 0.9F, 0.2F, 0}, {0, 0.4F, 0.6F, 0.1F}, {0, 0.8F, 0, 0}};
  const Evaluation e = dataset.evaluate(TableModel(Kind::kScores, table), EvaluateOptions{.liked = 4}, 1,
                                        {.predicts_probability = true});
  // Positives .9, .4, .8; negatives .2, .6, .1: .4 loses one pair of 9.
  EXPECT_DOUBLE_EQ(e.value("AUC(liked)"), 8.0 / 9);
  EXPECT_DOUBLE_EQ(e.value("GAUC"), (2 * 1 + 3 * 0.5) / 5);
  EXPECT_DOUBLE_EQ(e.value("accuracy"), 4.0 / 6);
  const double expected =
      -(std::log(0.9) + std::log(0.8) + std::log(0.4) + std::log(0.4) + std::log(0.9) + std::log(0.8)) / 6;
  EXPECT_NEAR(e.value("log loss"), expected, 1e-6);
  EXPECT_TRUE(std::isnan(e.value("RMSE")));

  const Evaluation ratings = dataset.evaluate(TableModel(Kind::kScores, table), EvaluateOptions{.liked = 4},
                                              1, {.predicts_ratings = true});
  EXPECT_DOUBLE_EQ(ratings.value("accuracy"), 3.0 / 6) << "all predictions are clipped to 1: disliked";
  EXPECT_TRUE(std::isnan(ratings.value("log loss")));
  EXPECT_FALSE(std::isnan(ratings.value("RMSE")));
}

/// Vectors of whole numbers, so that every way to multiply them is exact; items from short to long.
class VectorModel : public Model {
 public:
  VectorModel(Kind kind, std::size_t users, std::size_t items)
      : kind_(kind), users_(users, 5), items_(items, 5) {
    Rng rng(7);
    for (std::size_t u = 0; u < users; ++u) {
      for (float& x : users_[u]) x = static_cast<float>(rng.below(7)) - 3;
    }
    for (std::size_t i = 0; i < items; ++i) {
      const std::uint64_t reach = 1 + rng.below(2 + 40 * i / items);
      for (float& x : items_[i]) x = static_cast<float>(rng.below(2 * reach + 1)) - static_cast<float>(reach);
    }
  }
  const Matrix& item_vectors() const override { return kind_ == Kind::kProduct ? items_ : none_; }
  std::size_t n_items() const override { return items_.rows(); }
  bool user_vector(const Query& query, std::span<float> out) const override {
    if (!query.user) return false;
    std::ranges::copy(users_[*query.user], out.begin());
    return true;
  }
  bool score_all(const Query& query, std::span<float> out) const override {
    if (!query.user) return false;
    for (std::size_t i = 0; i < items_.rows(); ++i) {
      out[i] = 0;
      for (std::size_t c = 0; c < 5; ++c) out[i] += users_[*query.user][c] * items_[i][c];
    }
    return true;
  }
  void save(TensorWriter&) const override {}

 private:
  Kind kind_;
  Matrix users_, items_, none_;
};

TEST(Evaluate, LeavingOutShortVectorsChangesNoList) {
  constexpr std::size_t kUsers = 101, kItems = 5003;
  Rng rng(5);
  std::vector<Event> train, test;
  for (idx_t u = 0; u + 1 < kUsers; ++u) {  // the last user is unknown
    for (int e = 0; e < 7; ++e) train.push_back(event(u, static_cast<idx_t>(rng.below(kItems))));
  }
  for (idx_t u = 0; u < kUsers; ++u) {  // long vectors, so that there are hits
    for (int e = 0; e < 11; ++e) test.push_back(event(u, static_cast<idx_t>(kItems - 1 - rng.below(900))));
  }
  const SmallDataset dataset(kUsers, kItems, train, test);
  for (const Ties ties : {Ties::kAgainst, Ties::kRandom, Ties::kInFavour}) {
    const EvaluateOptions options{.cutoffs = {3, 20}, .ties = ties, .resamples = 0};
    const Evaluation fast = dataset.evaluate(VectorModel(Kind::kProduct, kUsers, kItems), options, 2);
    const Evaluation plain = dataset.evaluate(VectorModel(Kind::kScores, kUsers, kItems), options, 1);
    EXPECT_GT(plain.value("HR@20"), 0.1);
    for (const Metric& metric : plain.metrics)
      EXPECT_EQ(fast.value(metric.name), metric.value) << metric.name;
  }
}

TEST(Evaluate, RandomTiesAreWorthWhatChanceIs) {
  constexpr std::size_t kUsers = 4001, kItems = 51;
  std::vector<Event> train, test;
  for (idx_t u = 0; u < kUsers; ++u) {
    train.push_back(event(u, 0));
    test.push_back(event(u, 50));  // the last index, which a list in order of the index never shows
  }
  const SmallDataset dataset(kUsers, kItems, train, test);
  const TableModel constant(Kind::kScores,
                            std::vector<std::vector<float>>(kUsers, std::vector<float>(kItems, 0.5F)));
  EvaluateOptions options{.cutoffs = {10}, .ties = Ties::kRandom, .resamples = 0};
  const double hits = dataset.evaluate(constant, options).value("HR@10");
  EXPECT_NEAR(hits, 10.0 / 50, 5 * std::sqrt(0.2 * 0.8 / kUsers));
  EXPECT_EQ(dataset.evaluate(constant, options, 3).value("HR@10"), hits)
      << "the same at any number of threads";
  options.seed = 7;
  EXPECT_NE(dataset.evaluate(constant, options).value("HR@10"), hits);
}

TEST(Evaluate, ColdCandidatesAreTheItemsWithoutTrainingEvents) {
  // Items 2, 3, 4 are cold. The warm item 1 has the best score and is not in the list.
  const SmallDataset dataset(2, 5, {event(0, 0), event(1, 0), event(1, 1)}, {event(0, 2), event(1, 4)});
  const std::vector<std::vector<float>> table = {{0, 9, 3, 1, 2}, {0, 9, 3, 1, 2}};
  EvaluateOptions options{.cutoffs = {1, 2}, .candidates = parse_candidates("cold", 1), .resamples = 0};
  const Evaluation e = dataset.evaluate(TableModel(Kind::kScores, table), options, 1, {.uses_content = true});
  EXPECT_DOUBLE_EQ(e.value("HR@1"), 0.5) << "user 0";
  EXPECT_DOUBLE_EQ(e.value("HR@2"), 1);
  EXPECT_NE(e.protocol.find("3 items without training events"), std::string::npos) << e.protocol;
}

TEST(ItemOrder, LongestFirstAndBackToTheIndex) {
  Matrix vectors(4, 2);
  vectors[1][0] = 3;
  vectors[1][1] = 4;
  vectors[2][0] = std::numeric_limits<float>::quiet_NaN();
  vectors[3][0] = -2;
  const ItemOrder order(vectors, 4, ItemOrder::By::kLength);
  EXPECT_EQ(order.items, (std::vector<idx_t>{2, 1, 3, 0}));
  EXPECT_EQ(order.vectors[2][0], -2);
  EXPECT_GE(order.lengths[1], 5);
  EXPECT_LT(order.lengths[1], 5.0001F);
  const ItemOrder plain(vectors, 4, ItemOrder::By::kIndex);
  EXPECT_EQ(plain.items, (std::vector<idx_t>{0, 1, 2, 3}));
  EXPECT_TRUE(plain.vectors.empty() && plain.lengths.empty());
}

}  // namespace
}  // namespace akin
