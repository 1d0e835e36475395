#include "akin/models/sequence/fpmc.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/models/sequence/fpmc_kernel.h"
#include "akin/models/sequence/sequence_data_test.h"

namespace akin {
namespace {

using namespace testing_sequences;

FpmcFactors random_factors(std::size_t columns) {
  FpmcFactors factors{Matrix::normal(5, columns, 0.7, 1),
                      Matrix::normal(7, columns, 0.7, 2),
                      Matrix::normal(8, columns, 0.7, 3),
                      Matrix::normal(7, columns, 0.7, 4),
                      {}};
  for (int i = 0; i < 7; ++i) factors.bias.push_back(0.1f * static_cast<float>(i));
  return factors;
}

TEST(Fpmc, TheKernelTakesTheStepsOfTheReference) {
  for (const std::size_t columns : {1u, 16u, 37u}) {
    FpmcFactors fast = random_factors(columns), slow = random_factors(columns);
    Rng rng(9);
    std::vector<FpmcTriple> triples;
    for (int k = 0; k < 101; ++k) {
      const auto positive = static_cast<idx_t>(rng.below(7));
      triples.push_back({static_cast<idx_t>(rng.below(5)), static_cast<idx_t>(rng.below(8)), positive,
                         static_cast<idx_t>((positive + 1 + rng.below(6)) % 7)});
    }
    const FpmcStep step{0.05f, 0.02f};
    EXPECT_NEAR(fpmc_steps(triples, step, fast), reference::fpmc_steps(triples, step, slow), 1e-3);
    const auto expect_same = [&](const Matrix& a, const Matrix& b) {
      for (std::size_t r = 0; r < a.rows(); ++r) {
        for (std::size_t c = 0; c < columns; ++c) EXPECT_NEAR(a[r][c], b[r][c], 1e-4);
      }
    };
    expect_same(fast.users, slow.users);
    expect_same(fast.items, slow.items);
    expect_same(fast.last, slow.last);
    expect_same(fast.next, slow.next);
    for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(fast.bias[i], slow.bias[i], 1e-4);
  }
}

TEST(Fpmc, TheStepGoesDownTheGradient) {
  // Difference quotients of the loss of one triple, which a step of length 0 leaves as it is.
  const std::vector<FpmcTriple> triple = {{2, 7, 3, 5}};
  const auto loss = [&](FpmcFactors factors) { return reference::fpmc_steps(triple, {0, 0}, factors); };
  constexpr float kRate = 1e-3f, kApart = 1e-2f;
  FpmcFactors moved = random_factors(3);
  fpmc_steps(triple, {kRate, 0}, moved);
  const FpmcFactors before = random_factors(3);
  const auto expect_slope = [&](const Matrix& old, const Matrix& now, Matrix FpmcFactors::*matrix,
                                idx_t row) {
    for (std::size_t c = 0; c < 3; ++c) {
      FpmcFactors up = random_factors(3), down = random_factors(3);
      (up.*matrix)[row][c] += kApart;
      (down.*matrix)[row][c] -= kApart;
      const double slope = (loss(std::move(up)) - loss(std::move(down))) / (2 * kApart);
      EXPECT_NEAR((old[row][c] - now[row][c]) / kRate, slope, 2e-3);
    }
  };
  expect_slope(before.users, moved.users, &FpmcFactors::users, 2);
  expect_slope(before.last, moved.last, &FpmcFactors::last, 7);
  for (const idx_t item : {3u, 5u}) {
    expect_slope(before.items, moved.items, &FpmcFactors::items, item);
    expect_slope(before.next, moved.next, &FpmcFactors::next, item);
  }
}

/// Even users go round the even items, odd users round the odd ones, each item followed by the next but one.
Dataset rounds() {
  std::vector<std::vector<idx_t>> sequences(40);
  for (idx_t u = 0; u < 40; ++u) {
    for (idx_t e = 0; e < 11; ++e) sequences[u].push_back((u + 2 * e) % 22);
  }
  return dataset_of(sequences, 22);
}

idx_t best(const Model& model, const Query& query) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all(query, out));
  return static_cast<idx_t>(std::ranges::max_element(out) - out.begin());
}

TEST(Fpmc, LearnsWhatFollowsTheLastItem) {
  const Dataset data = rounds();
  const auto model = Fpmc::fit({data, data.events}, {.factors = 16, .epochs = 100}, {});
  for (idx_t last = 0; last < 22; ++last) {
    const std::vector<idx_t> history = {(last + 5) % 22, last};
    EXPECT_EQ(best(*model, {.user = last % 2, .history = history}), (last + 2) % 22);
    EXPECT_EQ(best(*model, {.history = history}), (last + 2) % 22) << "anybody";
  }
}

TEST(Fpmc, TheSameBitsWithManyThreadsAndStripes) {
  const auto sequences = random_sequences(301, 293, 7);  // 4 stripes
  const Dataset data = dataset_of(sequences, 293);
  const auto with_threads = [&](int threads) {
    FitContext context;
    context.threads = threads;
    return scores_after(*Fpmc::fit({data, data.events}, {.factors = 8, .epochs = 3}, context), {1, 2});
  };
  EXPECT_EQ(with_threads(1), with_threads(4));
}

TEST(Fpmc, ANewSessionBeginsAfterTheGap) {
  std::vector<std::vector<idx_t>> sequences(30, {0, 1, 2});  // always begins with 0
  Dataset data = dataset_of(sequences, 4);
  for (Event& event : data.events) event.time = event.item * kSecond;
  const auto model = Fpmc::fit({data, data.events}, {.factors = 8, .epochs = 100, .session_gap = 60}, {});
  const std::vector<idx_t> history = {0, 1};
  const std::vector<std::int64_t> times = {0, kSecond};
  EXPECT_EQ(best(*model, {.user = 3, .history = history, .times = times, .now = 2 * kSecond}), 2u);
  EXPECT_EQ(best(*model, {.user = 3, .history = history, .times = times, .now = 600 * kSecond}), 0u);
}

TEST(Fpmc, RefusesASingleItem) {
  const Dataset data = dataset_of({{0, 0}}, 1);
  EXPECT_THROW(Fpmc::fit({data, data.events}, {}, {}), Error);
}

}  // namespace
}  // namespace akin
