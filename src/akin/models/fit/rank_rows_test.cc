#include "akin/models/fit/rank_rows.h"

#include <gtest/gtest.h>

#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"
#include "akin/data/dataset.h"
#include "akin/models/fit/striped_matrix.h"

namespace akin {
namespace {

constexpr std::size_t kUsers = 53, kItems = 31;

Csr random_matrix() {
  Csr matrix;
  matrix.cols = kItems;
  Rng rng(9);
  for (std::size_t u = 0; u < kUsers; ++u) {
    for (idx_t i = 0; i < kItems; ++i) {
      if (u % 7 == 3 || rng.uniform() > 0.3) continue;  // some users have nothing
      matrix.indices.push_back(i);
      matrix.values.push_back(rng.uniform_float());
    }
    matrix.offsets.push_back(matrix.indices.size());
  }
  return matrix;
}

/// The rows [begin, end); the others are empty.
Csr rows_of(const Csr& whole, std::size_t begin, std::size_t end) {
  Csr part;
  part.cols = whole.cols;
  for (std::size_t row = 0; row < whole.rows(); ++row) {
    if (row >= begin && row < end) {
      part.indices.insert(part.indices.end(), whole.cols_of(row).begin(), whole.cols_of(row).end());
      part.values.insert(part.values.end(), whole.values_of(row).begin(), whole.values_of(row).end());
    }
    part.offsets.push_back(part.indices.size());
  }
  return part;
}

Csr rows_of_rank(const Csr& whole, const RowBounds& bounds, int rank) {
  const auto r = static_cast<std::size_t>(rank);
  return rows_of(whole, bounds[r], bounds[r + 1]);
}

void expect_same(const Csr& a, const Csr& b) {
  EXPECT_EQ(a.offsets, b.offsets);
  EXPECT_EQ(a.indices, b.indices);
  EXPECT_EQ(a.values, b.values);
}

TEST(RankRows, BoundsShareEntriesAndCoverAllRows) {
  std::vector<std::uint32_t> counts(1000, 1);
  counts[0] = 1000;  // a half of all
  const RowBounds bounds = balanced_bounds(counts, 2);
  EXPECT_EQ(bounds.front(), 0u);
  EXPECT_EQ(bounds.back(), 1000u);
  EXPECT_GT(bounds[1], 100u);
  EXPECT_LT(bounds[1], 400u);
  EXPECT_EQ(balanced_bounds(std::vector<std::uint32_t>(3, 5), 5).size(), 6u);  // more ranks than rows
  EXPECT_EQ(balanced_bounds({}, 2), (RowBounds{0, 0, 0}));
}

TEST(RankRows, EachRankHasItsRowsOfBothSides) {
  const Csr whole = random_matrix(), by_item = transpose(whole);
  const RowBounds bounds = balanced_bounds(row_sizes(whole), 3);
  on_ranks(3, [&](const Communicator& ranks) {
    const Dataset none;
    const TrainingData data{none, {}, bounds};
    FitContext context;
    context.communicator = &ranks;
    const RankMatrix matrix = divide_matrix(rows_of_rank(whole, bounds, ranks.rank()), data, 3, context);
    EXPECT_EQ(matrix.user_counts, row_sizes(whole));
    EXPECT_EQ(matrix.item_counts, row_sizes(by_item));
    expect_same(matrix.by_item, rows_of_rank(by_item, matrix.items, ranks.rank()));
    Matrix rows(kItems, 3);
    const auto own = static_cast<std::size_t>(ranks.rank());
    for (std::size_t i = matrix.items[own]; i < matrix.items[own + 1]; ++i)
      rows[i][1] = static_cast<float>(i);
    gather_rows(ranks, matrix.items, rows);
    for (std::size_t i = 0; i < kItems; ++i) EXPECT_EQ(rows[i][1], static_cast<float>(i));
  });
}

/// Row u holds u in every column.
Matrix numbered_rows(std::size_t begin, std::size_t end, std::size_t cols) {
  Matrix rows(end - begin, cols);
  for (std::size_t r = 0; r < rows.rows(); ++r) std::ranges::fill(rows[r], static_cast<float>(begin + r));
  return rows;
}

TEST(RankRows, TilesOfItemsGetTheVectorsOfTheirUsers) {
  constexpr std::size_t kCols = 3, kFewRows = 20;  // of 53; some items have more users
  const Csr whole = random_matrix(), by_item = transpose(whole);
  const RowBounds bounds = {0, 17, 17, kUsers};  // rank 1 has nobody
  const Dataset none;
  for (const std::size_t rows : {std::size_t{1}, kFewRows, std::size_t{1000}}) {
    on_ranks(3, [&](const Communicator& ranks) {
      const auto own = static_cast<std::size_t>(ranks.rank());
      FitContext context{{.threads = 2, .communicator = &ranks}};
      context.own_users = true;
      context.fetch_bytes = rows * padded(kCols) * sizeof(float);
      const RankMatrix matrix =
          divide_matrix(rows_of_rank(whole, bounds, ranks.rank()), {none, {}, bounds}, kCols, context);
      ASSERT_EQ(matrix.by_user.rows(), bounds[own + 1] - bounds[own]);
      for (std::size_t u = 0; u < matrix.by_user.rows(); ++u)
        EXPECT_TRUE(std::ranges::equal(matrix.by_user.cols_of(u), whole.cols_of(bounds[own] + u)));
      const Matrix users = numbered_rows(bounds[own], bounds[own + 1], kCols);
      std::size_t next = 0, tiles = 0;
      matrix.for_item_tiles(users, context, [&](Share items, const Matrix& fetched) {
        EXPECT_EQ(items.begin, next);
        next = items.end;
        ++tiles;
        std::size_t with_users = 0;
        for (std::size_t i = items.begin; i < items.end; ++i) with_users += matrix.by_item.row_size(i) > 0;
        EXPECT_TRUE(with_users <= 1 || fetched.rows() <= rows);
        for (std::size_t i = items.begin; i < items.end; ++i) {
          if (matrix.by_item.row_size(i) == 0) continue;  // another rank's
          std::vector<idx_t> found;
          for (const idx_t place : matrix.by_item.cols_of(i))
            found.push_back(static_cast<idx_t>(fetched[place][kCols - 1]));
          EXPECT_TRUE(std::ranges::equal(found, by_item.cols_of(i))) << "item " << i;
          EXPECT_TRUE(std::ranges::equal(matrix.by_item.values_of(i), by_item.values_of(i)));
        }
      });
      EXPECT_EQ(next, kItems);
      EXPECT_EQ(tiles == 1, rows == 1000);
    });
  }
}

TEST(RankRows, GramOfDividedRowsHasTheSameBits) {
  const Matrix rows = Matrix::normal(103, 7, 1, 5);
  const Matrix one = block_gram(rows, 16, 1);
  for (const RowBounds& bounds :
       {RowBounds{0, 5, 5, 9, 103}, RowBounds{0, 0, 16, 60, 103}, RowBounds{0, 102, 103, 103, 103}}) {
    on_ranks(4, [&](const Communicator& ranks) {
      const auto r = static_cast<std::size_t>(ranks.rank());
      const Matrix own = rows.slice(bounds[r], bounds[r + 1] - bounds[r]);
      const Matrix many = block_gram(own, 16, 2, {ranks, bounds});
      for (std::size_t i = 0; i < one.rows(); ++i) EXPECT_TRUE(std::ranges::equal(many[i], one[i])) << i;
    });
  }
}

TEST(RankRows, DividedRowsComeInOrder) {
  constexpr std::size_t kTotal = 300'000, kCols = 2;  // more than a piece for each of two
  for (const int size : {1, 2, 3}) {
    on_ranks(size, [&](const Communicator& ranks) {
      std::vector<idx_t> numbers;
      for (std::size_t n = kTotal; n-- > 0;) {
        if (static_cast<int>(n * 7 % 5) % size == ranks.rank()) numbers.push_back(static_cast<idx_t>(n));
      }
      Matrix own(numbers.size(), kCols);
      for (std::size_t r = 0; r < own.rows(); ++r) own[r][1] = static_cast<float>(numbers[r]);
      const DividedRows divided{own.data(), own.rows(), kCols, own.stride(), numbers, kTotal};
      const Share share = ordered_share(divided, ranks);
      std::vector<float> ordered(share.size() * kCols);
      rows_in_order(ranks, divided, ordered.data(), kCols);
      for (std::size_t r = 0; r < share.size(); ++r)
        ASSERT_EQ(ordered[r * kCols + 1], static_cast<float>(share.begin + r));
    });
  }
}

TEST(RankRows, SumsInOrderAreThoseOfOneProcess) {
  on_ranks(4, [](const Communicator& ranks) {
    double one = 0;
    for (int k = 0; k < 40; ++k) one += 1.0 / (k + 3);
    const double many = add_in_order(ranks, 0, [&](double sum) {
      for (int k = 10 * ranks.rank(); k < 10 * ranks.rank() + 10; ++k) sum += 1.0 / (k + 3);
      return sum;
    });
    EXPECT_EQ(many, one);
  });
}

TEST(StripedMatrix, RowsGoToTheRankOfTheirStripe) {
  const Csr whole = random_matrix();
  const RowBounds bounds = balanced_bounds(row_sizes(whole), 3);
  constexpr std::size_t kStripes = 5;
  const StripedMatrix one = divide_by_stripes(whole, kStripes, {});
  expect_same(one.by_user, whole);
  std::vector<std::uint64_t> entries(whole.entries());
  for (std::size_t e = 0; e < entries.size(); ++e) entries[e] = e;
  on_ranks(3, [&](const Communicator& ranks) {
    FitContext context;
    context.communicator = &ranks;
    const StripedMatrix matrix =
        divide_by_stripes(rows_of_rank(whole, bounds, ranks.rank()), kStripes, context);
    EXPECT_EQ(matrix.user_stripe, one.user_stripe);
    EXPECT_EQ(matrix.entries, whole.entries());
    for (std::size_t u = 0; u < kUsers; ++u) {
      const bool here = matrix.owners[matrix.user_stripe[u]] == ranks.rank();
      EXPECT_EQ(matrix.by_user.row_size(u), here ? whole.row_size(u) : 0);
      if (!here) continue;
      EXPECT_TRUE(std::ranges::equal(matrix.by_user.cols_of(u), whole.cols_of(u)));
    }
    EXPECT_EQ(pairs_at(ranks, matrix, entries).items, whole.indices);
    Matrix rows(kUsers, 2);
    for (std::size_t u = 0; u < kUsers; ++u) {
      if (matrix.owners[matrix.user_stripe[u]] == ranks.rank()) rows[u][1] = static_cast<float>(u);
    }
    FitState state;
    state.add("rows", rows);
    gather_users(ranks, matrix, state);
    for (std::size_t u = 0; u < kUsers; ++u) EXPECT_EQ(rows[u][1], static_cast<float>(u));
  });
}

}  // namespace
}  // namespace akin
