#include "akin/eval/evaluate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"
#include "akin/eval/small_dataset_for_test.h"
#include "akin/models/baseline/popularity.h"

namespace akin {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The definitions of RankingScorer, word by word, by sorting everything.
std::vector<Figures> oracle(const SmallDataset& dataset, const std::vector<std::vector<float>>& table,
                            const std::vector<int>& cutoffs, Ties ties = Ties::kAgainst) {
  std::vector<Figures> sums;
  for (const int k : cutoffs) sums.push_back({.cutoff = k});
  double users = 0;
  for (idx_t user = 0; user < dataset.data.n_users(); ++user) {
    std::set<idx_t> seen, relevant;
    for (const Event& e : dataset.train) {
      if (e.user == user) seen.insert(e.item);
    }
    for (const Event& e : dataset.test) {
      if (e.user == user && !seen.contains(e.item)) relevant.insert(e.item);
    }
    if (relevant.empty()) continue;
    ++users;
    std::vector<float> scores = table[user];
    if (seen.empty()) {
      scores.assign(scores.size(), 0);
      for (const Event& e : dataset.train) ++scores[e.item];
    }
    std::vector<idx_t> list;
    for (idx_t i = 0; i < scores.size(); ++i) {
      if (!seen.contains(i) && scores[i] > -kInfinity) list.push_back(i);  // false for NaN
    }
    std::ranges::stable_sort(list, [&](idx_t a, idx_t b) {
      if (scores[a] != scores[b]) return scores[a] > scores[b];
      return ties == Ties::kAgainst ? relevant.contains(a) < relevant.contains(b)
                                    : relevant.contains(a) > relevant.contains(b);
    });
    const auto total = static_cast<double>(relevant.size());
    for (Figures& m : sums) {
      double hits = 0, dcg = 0, ideal = 0, precisions = 0, first = 0;
      for (std::size_t j = 1; j <= static_cast<std::size_t>(m.cutoff); ++j) {
        if (j <= relevant.size()) ideal += 1 / std::log2(static_cast<double>(j) + 1);
        if (j > list.size() || !relevant.contains(list[j - 1])) continue;
        ++hits;
        dcg += 1 / std::log2(static_cast<double>(j) + 1);
        precisions += hits / static_cast<double>(j);
        if (first == 0) first = 1 / static_cast<double>(j);
      }
      m.hr += hits > 0;
      m.recall += hits / total;
      m.precision += hits / m.cutoff;
      const double p = hits / m.cutoff, r = hits / total;
      m.f1 += hits > 0 ? 2 * p * r / (p + r) : 0;
      m.ndcg += dcg / ideal;
      m.map += precisions / std::min<double>(m.cutoff, total);
      m.mrr += first;
    }
  }
  for (Figures& m : sums) {
    for (double* sum : {&m.hr, &m.recall, &m.precision, &m.f1, &m.ndcg, &m.map, &m.mrr}) *sum /= users;
  }
  return sums;
}

void expect_near(const Figures& actual, const Figures& expected) {
  EXPECT_EQ(actual.cutoff, expected.cutoff);
  EXPECT_NEAR(actual.hr, expected.hr, 1e-12);
  EXPECT_NEAR(actual.recall, expected.recall, 1e-12);
  EXPECT_NEAR(actual.precision, expected.precision, 1e-12);
  EXPECT_NEAR(actual.f1, expected.f1, 1e-12);
  EXPECT_NEAR(actual.ndcg, expected.ndcg, 1e-12);
  EXPECT_NEAR(actual.map, expected.map, 1e-12);
  EXPECT_NEAR(actual.mrr, expected.mrr, 1e-12);
}

/// Random training and held-out events; scores quantised to `levels` values so that ties abound.
struct RandomCase {
  SmallDataset dataset;
  std::vector<std::vector<float>> table;

  static RandomCase make(std::size_t users, std::size_t items, std::uint64_t levels, std::uint64_t seed) {
    Rng rng(seed);
    std::vector<Event> train, test;
    std::vector<std::vector<float>> table(users, std::vector<float>(items));
    for (idx_t u = 0; u < users; ++u) {
      const std::uint64_t history = rng.below(8);  // 0: a cold user
      for (std::uint64_t e = 0; e < history; ++e)
        train.push_back(event(u, static_cast<idx_t>(rng.below(items))));
      const std::uint64_t held_out = rng.below(5);
      for (std::uint64_t e = 0; e < held_out; ++e)
        test.push_back(event(u, static_cast<idx_t>(rng.below(items))));
      for (float& score : table[u]) {
        score = static_cast<float>(rng.below(levels)) - static_cast<float>(levels) / 2;
        if (rng.below(17) == 0) score = rng.below(2) == 0 ? kNaN : -kInfinity;
        if (rng.below(29) == 0) score = rng.below(2) == 0 ? -0.0F : kInfinity;
      }
    }
    return {SmallDataset(users, items, std::move(train), std::move(test)), std::move(table)};
  }
};

TEST(Evaluate, MetricsByHand) {
  // Held out: 1, 4, 6 of 8 items, none seen but 7. Scores descend with the index: hits at ranks 2, 5, 7.
  const SmallDataset dataset(1, 8, {event(0, 7)}, {event(0, 6), event(0, 1), event(0, 4)});
  for (const Kind kind : kKinds) {
    const TableModel model(kind, {{8, 7, 6, 5, 4, 3, 2, 9}});
    const Evaluation e = dataset.evaluate(model, {1, 2, 5, 10});
    ASSERT_EQ(figures(e).size(), 4U);
    expect_near(figures(e)[0], {.cutoff = 1});
    const double rank2 = 1 / std::log2(3.0), rank5 = 1 / std::log2(6.0), rank7 = 1 / std::log2(8.0);
    const double ideal2 = 1 + 1 / std::log2(3.0), ideal3 = ideal2 + 0.5;
    expect_near(figures(e)[1], {2, 1, 1.0 / 3, 0.5, 0.4, rank2 / ideal2, 0.5 / 2, 0.5});
    expect_near(figures(e)[2], {5, 1, 2.0 / 3, 0.4, 0.5, (rank2 + rank5) / ideal3, (0.5 + 0.4) / 3, 0.5});
    expect_near(figures(e)[3],
                {10, 1, 1, 0.3, 6.0 / 13, (rank2 + rank5 + rank7) / ideal3, (0.5 + 0.4 + 3.0 / 7) / 3, 0.5});
    EXPECT_EQ(e.users, 1U);
    EXPECT_EQ(e.protocol, "all 8 items ranked, training items excluded");
    EXPECT_TRUE(std::isnan(e.value("RMSE")));
  }
}

TEST(Evaluate, ConstantScoresGetNothing) {
  std::vector<Event> train, test;
  for (idx_t u = 0; u < 7; ++u) {
    train.push_back(event(u, 100));
    test.push_back(event(u, u));  // the lowest indices, which a careless top-k would return first
  }
  const SmallDataset dataset(7, 101, train, test);
  for (const float constant : {0.0F, 3.0F, -2.5F, kInfinity, kNaN, -kInfinity}) {
    for (const Kind kind : kKinds) {
      if (kind == Kind::kProduct && !std::isfinite(constant)) continue;  // times 0 elsewhere: all NaN
      const Evaluation e =
          dataset.evaluate(TableModel(kind, std::vector(7, std::vector(101, constant))), {5, 20});
      for (const Figures& m : figures(e))
        EXPECT_EQ(m.hr + m.recall + m.precision + m.f1 + m.ndcg + m.map + m.mrr, 0);
      EXPECT_EQ(e.users, 7U);
    }
  }
}

TEST(Evaluate, TiesCountAgainstTheModelButBetterScoresDoNot) {
  // Item 0 is held out and tied with 1 and 2: rank 3. Item 3, held out, ties only with itself: rank 4.
  const SmallDataset dataset(1, 6, {event(0, 5)}, {event(0, 0), event(0, 3)});
  const TableModel model(Kind::kScores, {{2, 2, 2, 1, 0, 9}});
  const Evaluation e = dataset.evaluate(model, {2, 3, 4});
  EXPECT_EQ(figures(e)[0].recall, 0);
  EXPECT_EQ(figures(e)[1].recall, 0.5);
  EXPECT_NEAR(figures(e)[1].mrr, 1.0 / 3, 1e-15);
  EXPECT_EQ(figures(e)[2].recall, 1);
}

TEST(Evaluate, AgreesWithTheOracleOnRandomScoresWithTies) {
  const std::vector<int> cutoffs = {1, 3, 5, 10, 97};
  struct Size {
    std::size_t users, items;
    std::uint64_t levels;
  };
  for (const Size size : {Size{1, 2, 2}, Size{2, 3, 1}, Size{7, 13, 3}, Size{53, 101, 5}, Size{211, 31, 1000},
                          Size{101, 2503, 40}, Size{13, 5003, 3}}) {
    const RandomCase random = RandomCase::make(size.users, size.items, size.levels, size.users + size.items);
    if (random.dataset.test.empty()) continue;
    for (const Ties ties : {Ties::kAgainst, Ties::kInFavour}) {
      const auto expected = oracle(random.dataset, random.table, cutoffs, ties);
      const TableModel model(Kind::kScores, random.table);
      const Evaluation e = random.dataset.evaluate(model, cutoffs, 1, {}, ties);
      for (std::size_t c = 0; c < cutoffs.size(); ++c) expect_near(figures(e)[c], expected[c]);
    }
  }
}

TEST(Evaluate, ProductAgreesWithTheOracleAndIsTheSameAtAnyThreadCount) {
  const std::vector<int> cutoffs = {1, 5, 20, 401};
  for (const std::size_t users : {1U, 2U, 47U, 211U}) {
    RandomCase random = RandomCase::make(users, 2503, 37, users);
    for (auto& row : random.table) {
      for (float& score : row)
        score = std::isfinite(score) ? score : 1.0F;  // a table of vectors must be finite
    }
    random.dataset.test.push_back(event(static_cast<idx_t>(users - 1), 2502));
    const auto expected = oracle(random.dataset, random.table, cutoffs);
    const TableModel model(Kind::kProduct, random.table);
    const Evaluation one = random.dataset.evaluate(model, cutoffs, 1);
    for (std::size_t c = 0; c < cutoffs.size(); ++c) expect_near(figures(one)[c], expected[c]);
    for (const int threads : {2, 3, 8}) {
      const Evaluation many = random.dataset.evaluate(model, cutoffs, threads);
      EXPECT_EQ(many.users, one.users);
      EXPECT_EQ(many.fallback_users, one.fallback_users);
      for (std::size_t c = 0; c < cutoffs.size(); ++c) {
        EXPECT_EQ(figures(many)[c].recall, figures(one)[c].recall);  // the same bits
        EXPECT_EQ(figures(many)[c].ndcg, figures(one)[c].ndcg);
        EXPECT_EQ(figures(many)[c].map, figures(one)[c].map);
        EXPECT_EQ(figures(many)[c].mrr, figures(one)[c].mrr);
      }
    }
  }
}

TEST(Evaluate, CountsWhatItDoesNotRank) {
  // u0: item 0 repeated, item 1 twice, item 4 cold. u1: only repeats, not evaluated. u2: no training.
  const SmallDataset dataset(
      4, 5, {event(0, 0), event(0, 2), event(1, 1), event(3, 3)},
      {event(0, 0), event(0, 1), event(0, 1), event(0, 4), event(1, 1), event(1, 1), event(2, 0)});
  for (const Kind kind : kKinds) {
    const Evaluation e =
        dataset.evaluate(TableModel(kind, std::vector(4, std::vector<float>{9, 8, 7, 6, 5})), {1, 3});
    EXPECT_EQ(e.test_events, 7U);
    EXPECT_EQ(e.users, 2U);
    EXPECT_EQ(e.repeated_events, 3U);
    EXPECT_EQ(e.duplicate_events, 1U);
    EXPECT_EQ(e.cold_item_events, 1U);
    EXPECT_EQ(e.cold_users, 1U);
    EXPECT_EQ(e.fallback_users, 1U);
    // u0 ranks 1, 3, 4: item 1 first, item 4 third. u2 by popularity: items 0 to 3 tie, so item 0 is fourth.
    EXPECT_EQ(figures(e)[0].recall, 0.25);
    EXPECT_EQ(figures(e)[1].recall, 0.5);
  }
}

TEST(Evaluate, FallbackIsPopularity) {
  // u2 has no training events; items by popularity: 3 (two events), then 0 and 1.
  const SmallDataset dataset(3, 4, {event(0, 3), event(0, 0), event(1, 1), event(1, 3)}, {event(2, 3)});
  for (const Kind kind : kKinds) {
    const Evaluation e =
        dataset.evaluate(TableModel(kind, std::vector(3, std::vector<float>{4, 3, 2, 1})), {1});
    EXPECT_EQ(figures(e)[0].hr, 1);
    EXPECT_EQ(e.fallback_users, 1U);
  }
}

TEST(Evaluate, GivenCandidatesAreTheOnlyRivals) {
  SmallDataset dataset(2, 6, {event(0, 5), event(1, 5)}, {event(0, 2), event(1, 2)});
  // u0: item 2 against 3 and 4 (3 twice; 2 itself given too); better items 0 and 1 do not matter.
  // u1: against all.
  dataset.data.candidates.cols = 6;
  dataset.data.candidates.offsets = {0, 4, 4};
  dataset.data.candidates.indices = {4, 3, 3, 2};
  dataset.data.candidates.values = {1, 1, 1, 1};
  for (const Kind kind : kKinds) {
    const TableModel model(kind, {{9, 8, 7, 7, 6, 5}, {9, 8, 7, 7, 6, 5}});
    const Evaluation e = dataset.evaluate(model, {1, 2, 4});
    EXPECT_EQ(figures(e)[0].hr, 0);
    EXPECT_EQ(figures(e)[1].hr, 0.5);  // u0: tied with 3, so second; u1: fourth
    EXPECT_EQ(figures(e)[2].hr, 1);
    EXPECT_NEAR(figures(e)[2].mrr, (1.0 / 2 + 1.0 / 4) / 2, 1e-15);
    EXPECT_EQ(
        e.protocol,
        "1 of 2 users: held-out items ranked against 4 given negatives; the others: all 6 items ranked, "
        "training items excluded");
  }
  dataset.test = {event(0, 2)};
  EXPECT_EQ(dataset.evaluate(TableModel(Kind::kScores, std::vector(2, std::vector<float>(6))), {1}).protocol,
            "held-out items ranked against 4 given negatives per user");
}

TEST(Evaluate, RatingErrorsByHand) {
  // Training values 2 and 4: mean 3, predictions are clipped to [2, 4]. u2 is unknown, u1's second prediction
  // is NaN.
  const SmallDataset dataset(
      3, 3, {event(0, 0, 2), event(1, 0, 4)},
      {event(0, 1, 5), event(0, 2, 2), event(1, 1, 2), event(1, 2, 1), event(2, 0, 4)});
  const TableModel model(Kind::kScores, {{0, 4.5F, 2.5F}, {0, 1, kNaN}, {0, 0, 0}});
  const Evaluation e = dataset.evaluate(model, {1}, 1, {.predicts_ratings = true});
  EXPECT_EQ(e.mean_events, 2U);
  // Errors: 4 - 5, 2.5 - 2, 2 - 2, 3 - 1, 3 - 4.
  EXPECT_NEAR(e.value("MAE"), (1 + 0.5 + 0 + 2 + 1) / 5, 1e-12);
  EXPECT_NEAR(e.value("RMSE"), std::sqrt((1 + 0.25 + 0 + 4 + 1) / 5), 1e-12);
}

TEST(Evaluate, RatingErrorsAreTheSameAtAnyThreadCount) {
  RandomCase random = RandomCase::make(1009, 11, 97, 5);
  for (std::size_t e = 0; e < random.dataset.train.size(); ++e)
    random.dataset.train[e].value = static_cast<float>(e % 31) - 9;
  const TableModel model(Kind::kScores, random.table);
  const Evaluation one = random.dataset.evaluate(model, {5}, 1, {.predicts_ratings = true});
  for (const int threads : {2, 3}) {
    const Evaluation many = random.dataset.evaluate(model, {5}, threads, {.predicts_ratings = true});
    EXPECT_GT(one.value("RMSE"), 1);
    EXPECT_EQ(many.value("RMSE"), one.value("RMSE"));
    EXPECT_EQ(many.value("MAE"), one.value("MAE"));
    EXPECT_EQ(many.mean_events, one.mean_events);
  }
}

TEST(Evaluate, RefusesWhatItCannotEvaluate) {
  const SmallDataset dataset(1, 2, {event(0, 0)}, {event(0, 1)});
  const TableModel model(Kind::kScores, {{1, 2}});
  for (const std::vector<int>& cutoffs : {std::vector<int>{}, {0}, {-1, 5}, {5, 5}, {10, 5}}) {
    try {
      dataset.evaluate(model, cutoffs);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
    }
  }
  const SmallDataset nothing(1, 2, {event(0, 0)}, {});
  EXPECT_THROW(nothing.evaluate(model, {5}), Error);
}

TEST(Evaluate, StopsOnRequestAndReportsProgress) {
  const RandomCase random = RandomCase::make(211, 31, 5, 1);
  const TableModel model(Kind::kScores, random.table);
  std::uint64_t done = 0, total = 0;
  Context context{.threads = 2, .on_progress = [&](const Progress& p) { done = p.done, total = p.total; }};
  const Evaluation e =
      evaluate(model, {}, {random.dataset.data, random.dataset.train}, random.dataset.test, {}, context);
  EXPECT_EQ(done, e.users);
  EXPECT_EQ(total, e.users);
  std::stop_source source;
  source.request_stop();
  context.stop = source.get_token();
  try {
    evaluate(model, {}, {random.dataset.data, random.dataset.train}, random.dataset.test, {}, context);
    ADD_FAILURE() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(Evaluate, PopularityNeedsNoUser) {
  const SmallDataset dataset(2, 3, {event(0, 1), event(0, 2)}, {event(1, 1), event(1, 2)});
  const TrainingData data{dataset.data, dataset.train};
  const auto model = Popularity::fit(data, {}, {});
  const Evaluation e = dataset.evaluate(*model, {2});
  EXPECT_EQ(e.fallback_users, 0U);
  EXPECT_EQ(e.cold_users, 1U);
  EXPECT_EQ(figures(e)[0].recall, 1);
}

/// Two users, items 0 to 3 with events, 4 and 5 without any; item 3 has no training event.
SmallDataset catalogue() {
  SmallDataset set(2, 6, {event(0, 0), event(0, 1), event(1, 0), event(1, 2)}, {event(0, 2), event(1, 3)});
  set.data.items_without_events = 2;
  return set;
}

CandidateSpec candidates(CandidateSpec::Kind kind) { return {.kind = kind}; }

TEST(Evaluate, RanksItemsWithoutEventsWhereAskedFor) {
  using Which = CandidateSpec::Kind;
  const SmallDataset set = catalogue();
  // User 0 (held out: 2) scores items 5, 2, 3, 4 in this order; user 1 (held out: 3) 4, 1, 3, 5.
  const std::vector<std::vector<float>> table = {{0, 0, 5, 3, 2, 9}, {0, 5, 0, 4, 7, 1}};
  for (const Kind kind : kKinds) {
    const TableModel model(kind, table);
    const auto mrr = [&](Which which) {
      const EvaluateOptions options{.cutoffs = {3}, .candidates = candidates(which), .auc = true};
      return set.evaluate(model, options, 1, {.uses_content = true}).value("MRR@3");
    };
    EXPECT_DOUBLE_EQ(mrr(Which::kAll), (1.0 + 1.0 / 2) / 2) << "with events: 2, 3; 1, 3";
    EXPECT_DOUBLE_EQ(mrr(Which::kCatalogue), (1.0 / 2 + 1.0 / 3) / 2);
  }
  const Evaluation all =
      set.evaluate(TableModel(Kind::kScores, table),
                   EvaluateOptions{.cutoffs = {3}, .candidates = candidates(Which::kCatalogue)}, 1,
                   {.uses_content = true});
  EXPECT_EQ(all.protocol, "all 6 items of the catalogue ranked, training items excluded");
  EXPECT_DOUBLE_EQ(all.value("coverage@3"), 5.0 / 6) << "2, 3, 5; 1, 3, 4";
}

/// Fifty items with an event each, fifty held-out ones and fifty without any event: a model of events knows neither of
/// the last two, and finds them by chance.
TEST(Evaluate, ItemsThatAModelHasNoPlaceForAreLastAndEqual) {
  using Which = CandidateSpec::Kind;
  std::vector<Event> train, test;
  for (idx_t u = 0; u < 50; ++u) {
    train.push_back(event(u, u));
    test.push_back(event(u, 50 + u));
  }
  SmallDataset set(50, 150, train, test);
  set.data.items_without_events = 50;
  std::vector<std::vector<float>> table(50, std::vector<float>(100, -1));
  for (std::vector<float>& row : table) std::fill(row.begin() + 50, row.end(), 0.0F);  // above the known ones
  for (const Kind kind : kKinds) {
    const TableModel model(kind, table);
    const auto result = [&](Which which, Ties ties) {
      return set.evaluate(
          model,
          EvaluateOptions{.cutoffs = {25}, .ties = ties, .candidates = candidates(which), .auc = true});
    };
    EXPECT_DOUBLE_EQ(result(Which::kCold, Ties::kAgainst).value("HR@25"), 0);
    EXPECT_NEAR(result(Which::kCold, Ties::kRandom).value("HR@25"), 0.25, 0.2);
    EXPECT_DOUBLE_EQ(result(Which::kCold, Ties::kRandom).value("AUC"), 0.5);
    EXPECT_DOUBLE_EQ(result(Which::kCatalogue, Ties::kInFavour).value("HR@25"), 0)
        << "49 known ones are above";
    EXPECT_NEAR(result(Which::kCatalogue, Ties::kRandom).value("AUC"), 0.5 * 99 / 148, 1e-9);
  }
}

TEST(Evaluate, OnlyColdItemsAreFoundAmongColdOnes) {
  const SmallDataset set = catalogue();  // of the held-out items 2 and 3 only the last has no training event
  const std::vector<std::vector<float>> table = {{0, 0, 5, 3, 2, 9}, {0, 5, 0, 4, 7, 1}};
  const EvaluateOptions cold{.cutoffs = {3}, .candidates = candidates(CandidateSpec::Kind::kCold)};
  const Evaluation result = set.evaluate(TableModel(Kind::kScores, table), cold, 1, {.uses_content = true});
  EXPECT_EQ(result.users, 1u);
  EXPECT_EQ(result.warm_item_events, 1u);
  EXPECT_DOUBLE_EQ(result.value("MRR@3"), 0.5) << "3 behind 4, before 5";
  SmallDataset warm = catalogue();
  warm.test = {event(0, 2)};
  try {
    warm.evaluate(TableModel(Kind::kScores, table), cold);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
  }
}

TEST(Evaluate, SameBitsAtAnyNumberOfRanks) {
  Rng rng(5);
  SmallDataset dataset(200, 40, {}, {});
  for (idx_t user = 0; user < 200; ++user) {
    for (idx_t item = 0; item < 40; ++item) {
      const double draw = rng.uniform();
      if (draw < 0.2) dataset.train.push_back(event(user, item, 1 + static_cast<float>(item % 5)));
      if (draw > 0.9) dataset.test.push_back(event(user, item, 1 + static_cast<float>(item % 5)));
    }
  }
  std::vector<std::vector<float>> table(200, std::vector<float>(40));
  for (auto& row : table) {
    for (float& score : row) score = 5 * rng.uniform_float();
  }
  const TableModel model(Kind::kScores, table);
  const EvaluateOptions options{.cutoffs = {3, 10}, .beyond = true, .auc = true, .liked = 3.0F};
  const Traits traits{.predicts_ratings = true};
  const Evaluation one =
      evaluate(model, traits, TrainingData{dataset.data, dataset.train}, dataset.test, options, {});
  for (const int size : {2, 3}) {
    on_ranks(size, [&](const Communicator& ranks) {
      const Evaluation many = evaluate(model, traits, TrainingData{dataset.data, dataset.train}, dataset.test,
                                       options, {.threads = 2, .communicator = &ranks});
      ASSERT_EQ(many.metrics.size(), one.metrics.size());
      for (std::size_t m = 0; m < one.metrics.size(); ++m) {
        EXPECT_EQ(many.metrics[m].value, one.metrics[m].value) << one.metrics[m].name;
        EXPECT_EQ(many.metrics[m].values, one.metrics[m].values) << one.metrics[m].name;
        if (std::isnan(one.metrics[m].low)) continue;
        EXPECT_EQ(many.metrics[m].low, one.metrics[m].low) << one.metrics[m].name;
      }
      ASSERT_EQ(many.bins.size(), one.bins.size());
      for (std::size_t b = 0; b < one.bins.size(); ++b) EXPECT_EQ(many.bins[b].hits, one.bins[b].hits);
      EXPECT_EQ(many.fallback_users, one.fallback_users);
    });
  }
}

}  // namespace
}  // namespace akin
