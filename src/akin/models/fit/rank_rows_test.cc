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
    Context context;
    context.communicator = &ranks;
    const RankMatrix matrix = divide_matrix(rows_of_rank(whole, bounds, ranks.rank()), data, context);
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
    Context context;
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
