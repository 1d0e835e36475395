#include "akin/models/neighbors/nearest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "akin/base/rng.h"
#include "akin/models/neighbors/uniform_product.h"

namespace akin {
namespace {

/// A (rows, columns) matrix of ones; a row or column is the likelier the lower its number.
Csr ones(std::size_t n_rows, std::size_t n_columns, std::size_t per_column) {
  Rng rng(3);
  Csr columns;
  columns.cols = n_rows;
  for (std::size_t c = 0; c < n_columns; ++c) {
    std::vector<idx_t> rows;
    const std::size_t count = 1 + rng.below(2 * per_column);
    for (std::size_t e = 0; e < count; ++e)
      rows.push_back(static_cast<idx_t>(std::pow(rng.uniform(), 3) * static_cast<double>(n_rows)));
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    columns.indices.insert(columns.indices.end(), rows.begin(), rows.end());
    columns.offsets.push_back(columns.indices.size());
  }
  columns.values.assign(columns.indices.size(), 1.0f);
  return transpose(columns);
}

/// Float sums of the one are not those of the other, so that ties may fall differently: compares scores.
void expect_same_lists(const Csr& fast, const Csr& slow, const std::string& what) {
  ASSERT_EQ(fast.offsets, slow.offsets) << what;
  for (std::size_t e = 0; e < fast.entries(); ++e)
    ASSERT_NEAR(fast.values[e], slow.values[e], 2e-5f * (1 + slow.values[e])) << what << " entry " << e;
}

TEST(Nearest, UniformIsTheGeneralProduct) {
  for (const std::string_view name : similarity_names()) {
    for (const float power : {1.0f, 1.5f}) {
      const SimilaritySpec spec{.name = std::string(name), .shrinkage = 3, .alpha = 0.3f, .power = power};
      const SimilarityRows rows = weigh_rows(ones(211, 307, 11), spec, "test");
      ASSERT_TRUE(rows.uniform);
      for (const std::size_t k : {1u, 7u, 1000u}) {
        for (const ListOf side : {ListOf::kLeft, ListOf::kRight}) {
          const Csr fast = nearest_rows(rows, k, side, {.threads = 1});
          const Csr slow = reference::nearest_rows(rows, k, side, {.threads = 1});
          if (name != "pearson" && name != "adjusted-cosine")  // there rounding decides what is positive
            expect_same_lists(fast, slow, spec.name);
          const Csr many = nearest_rows(rows, k, side, {.threads = 5});
          EXPECT_EQ(many.indices, fast.indices) << name;
          EXPECT_EQ(many.values, fast.values) << name;
        }
      }
    }
  }
}

/// Without shrinkage sums are kept without counts; rows of many columns are dense, the others sparse.
TEST(Nearest, SumsWithoutCountsAreTheGeneralProduct) {
  for (const char* name : {"cosine", "tfidf", "bm25"}) {
    for (const int min_overlap : {1, 2}) {
      const SimilaritySpec spec{.name = name, .shrinkage = 0, .min_overlap = min_overlap};
      const SimilarityRows rows = weigh_rows(ones(4'001, 307, 11), spec, "test");
      for (const std::size_t k : {1u, 13u, 5'003u}) {
        const Csr fast = nearest_rows(rows, k, ListOf::kLeft, {.threads = 1});
        expect_same_lists(fast, reference::nearest_rows(rows, k, ListOf::kLeft, {}), name);
        const Csr many = nearest_rows(rows, k, ListOf::kLeft, {.threads = 5});
        EXPECT_EQ(many.indices, fast.indices) << name;
        EXPECT_EQ(many.values, fast.values) << name;
      }
    }
  }
}

TEST(BarOfBest, IsReachedByTheBestAndFewOthers) {
  Rng rng(5);
  std::vector<float> values(2'003);
  for (float& v : values) v = std::pow(static_cast<float>(rng.uniform()), 4.0f) + 1e-3f;
  values[7] = 0;  // left out by what else is asked of it
  for (const std::size_t k : {1u, 101u, 1'009u}) {
    const float bar = bar_of_best(values, k);
    const auto reached =
        static_cast<std::size_t>(std::ranges::count_if(values, [&](float value) { return value >= bar; }));
    EXPECT_GE(reached, k);
    EXPECT_LT(reached, k + k / 5 + 53);
  }
  EXPECT_EQ(bar_of_best(values, values.size()), 0);
  EXPECT_EQ(bar_of_best(values, 0), 0);
  EXPECT_LE(bar_of_best(std::vector<float>(101, 0.5f), 7), 0.5f);  // ties
}

TEST(Nearest, CountsAreExact) {
  const SimilarityRows rows = weigh_rows(ones(101, 503, 9), {.name = "cosine", .shrinkage = 0}, "test");
  const Csr fast = nearest_rows(rows, 13, ListOf::kLeft, {});
  const Csr slow = reference::nearest_rows(rows, 13, ListOf::kLeft, {});
  expect_same_lists(fast, slow, "cosine");
}

template <typename Count>
void expect_kernel_is_reference(bool with_sums, const CandidateBar& bar, bool with_counts = true) {
  constexpr std::size_t kCells = 5 * kCellBlock;
  struct alignas(64) Arrays {
    Count counts[kCells] = {};
    float sums[kCells] = {}, factors[kCells] = {}, bounds[5] = {};
  };
  Arrays a;
  Rng rng(8);
  for (std::size_t j = 0; j < kCells; ++j) {
    if (j / kCellBlock == 3 || rng.uniform() < 0.7) continue;  // a block of zeros
    a.counts[j] = static_cast<Count>(1 + rng.below(70'000));
    a.sums[j] = static_cast<float>(rng.uniform()) * static_cast<float>(a.counts[j]);
    a.factors[j] = static_cast<float>(rng.uniform());
    a.bounds[j / kCellBlock] = std::max(a.bounds[j / kCellBlock], a.factors[j]);
  }
  Arrays b = a;
  const ProductCells<Count> fast{with_counts ? a.counts : nullptr, with_sums ? a.sums : nullptr, a.factors,
                                 a.bounds};
  const ProductCells<Count> slow{with_counts ? b.counts : nullptr, with_sums ? b.sums : nullptr, b.factors,
                                 b.bounds};
  std::vector<idx_t> fast_numbers(kCells + kCellBlock), slow_numbers(kCells);
  std::vector<float> fast_values(kCells + kCellBlock), slow_values(kCells);
  const std::size_t found =
      take_candidates(fast, kCellBlock, kCells, bar, fast_numbers.data(), fast_values.data());
  ASSERT_EQ(found, reference::take_candidates(slow, kCellBlock, kCells, bar, slow_numbers.data(),
                                              slow_values.data()));
  ASSERT_GT(found, 0u);
  for (std::size_t c = 0; c < found; ++c) {
    EXPECT_EQ(fast_numbers[c], slow_numbers[c]);
    EXPECT_EQ(fast_values[c], slow_values[c]);
  }
  for (std::size_t j = 0; j < kCells; ++j) {
    EXPECT_EQ(a.counts[j], b.counts[j]) << j;
    EXPECT_EQ(a.sums[j], b.sums[j]) << j;
  }
}

TEST(CandidateKernel, IsTheReference) {
  for (const bool with_sums : {false, true}) {
    for (const CandidateBar& bar : {CandidateBar{}, CandidateBar{10, 1, 100}, CandidateBar{0, 20'000}}) {
      expect_kernel_is_reference<std::uint16_t>(with_sums, bar);
      expect_kernel_is_reference<std::uint32_t>(with_sums, bar);
    }
  }
  for (const CandidateBar& bar : {CandidateBar{}, CandidateBar{0, 1, 20'000}})
    expect_kernel_is_reference<std::uint16_t>(true, bar, false);
}

TEST(Nearest, MoreRowsThanFitInTwoBytes) {
  const SimilarityRows rows = weigh_rows(ones(65'539, 4'001, 11), {.name = "tfidf"}, "test");
  expect_same_lists(nearest_rows(rows, 5, ListOf::kLeft, {}),
                    reference::nearest_rows(rows, 5, ListOf::kLeft, {}), "tfidf");
}

TEST(Nearest, MoreColumnsThanFitInTwoBytes) {
  Csr columns;
  columns.cols = 3;
  for (idx_t c = 0; c < 65'543; ++c) {
    columns.indices.insert(columns.indices.end(), {0, 1});
    columns.offsets.push_back(columns.indices.size());
  }
  columns.values.assign(columns.indices.size(), 1.0f);
  for (const char* name : {"cosine", "jaccard"}) {
    const SimilarityRows rows = weigh_rows(transpose(columns), {.name = name, .shrinkage = 0}, "test");
    const Csr lists = nearest_rows(rows, 5, ListOf::kLeft, {});
    EXPECT_EQ(lists.offsets, (std::vector<std::uint64_t>{0, 1, 2, 2}));
    EXPECT_NEAR(lists.values[0], 1, 1e-6) << name;
  }
}

TEST(BufferedTopK, KeepsWhatTopKKeeps) {
  for (const std::size_t k : {1u, 7u, 101u}) {
    BufferedTopK buffered(k);
    for (const std::size_t n : {0u, 5u, 997u, 3001u}) {
      TopK plain(k);
      Rng rng(n);
      for (idx_t i = 0; i < n; ++i) {
        const auto score = static_cast<float>(1 + rng.below(200));  // ties
        plain.push(i, score);
        if (score >= buffered.threshold()) buffered.push(i, score);
      }
      EXPECT_EQ(buffered.take(), plain.take()) << k << " of " << n;
    }
  }
}

}  // namespace
}  // namespace akin
