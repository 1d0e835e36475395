#include "akin/models/fit/rows_in_parallel.h"

#include <gtest/gtest.h>

#include <set>

#include "akin/base/rank_threads_for_test.h"
#include "akin/models/fit/rank_rows.h"

namespace akin {
namespace {

TEST(RowsInParallel, EachRankMakesSomeAndGetsAll) {
  for (const std::size_t n : {0, 1, 7, 100}) {
    for (const int size : {1, 2, 3, 9}) {
      std::vector<std::set<idx_t>> made(static_cast<std::size_t>(size));
      on_ranks(size, [&](const Communicator& ranks) {
        const auto rows = rows_in_parallel<std::vector<idx_t>>(
            n, "rows", {.threads = 1, .communicator = &ranks},
            [&] {
              return [&made, &ranks](idx_t row) {
                made[static_cast<std::size_t>(ranks.rank())].insert(row);
                return std::vector<idx_t>(row % 3, row);
              };
            },
            4);
        ASSERT_EQ(rows.size(), n);
        for (idx_t r = 0; r < n; ++r) EXPECT_EQ(rows[r], std::vector<idx_t>(r % 3, r)) << size;
      });
      std::size_t all = 0, most = 0;
      for (const std::set<idx_t>& rows : made) {
        all += rows.size();
        most = std::max(most, rows.size());
      }
      EXPECT_EQ(all, n) << "no row is made twice";
      EXPECT_LE(most, n / static_cast<std::size_t>(size) + 4);
    }
  }
}

TEST(RankRows, GathersAMatrixOfAllRanks) {
  on_ranks(3, [](const Communicator& ranks) {
    // Rank r has row r + 1 of five, with r entries.
    Csr own;
    own.cols = 4;
    for (int row = 0; row < 5; ++row) {
      for (int e = 0; row == ranks.rank() + 1 && e < ranks.rank(); ++e) {
        own.indices.push_back(static_cast<idx_t>(e));
        own.values.push_back(static_cast<float>(10 * row + e));
      }
      own.offsets.push_back(own.indices.size());
    }
    const Csr all = gather_csr(ranks, own);
    EXPECT_EQ(all.cols, 4u);
    EXPECT_EQ(all.offsets, (std::vector<std::uint64_t>{0, 0, 0, 1, 3, 3}));
    EXPECT_EQ(all.indices, (std::vector<idx_t>{0, 0, 1}));
    EXPECT_EQ(all.values, (std::vector<float>{20, 30, 31}));
  });
}

}  // namespace
}  // namespace akin
