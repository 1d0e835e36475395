#include "akin/models/fit/block_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

Csr random_matrix(std::size_t rows, std::size_t cols, double density) {
  Csr matrix;
  matrix.cols = cols;
  Rng rng(1);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c) {
      if (rng.uniform() >= density) continue;
      matrix.indices.push_back(static_cast<idx_t>(c));
      matrix.values.push_back(static_cast<float>(matrix.indices.size()));
    }
    matrix.offsets.push_back(matrix.indices.size());
  }
  return matrix;
}

StripedMatrix striped(const Csr& matrix) {
  return divide_by_stripes(matrix, BlockSchedule::stripes_for(matrix.cols), {});
}

/// What the blocks of an epoch held.
struct Trace {
  std::vector<std::vector<Cell>> cells;
  std::vector<std::vector<idx_t>> items;
  double sum = 0;
};

Trace trace(BlockSchedule& schedule, std::uint64_t epoch, int threads) {
  Trace result;
  std::mutex mutex;
  Context context;
  context.threads = threads;
  std::vector<std::pair<std::vector<Cell>, std::vector<idx_t>>> blocks;
  result.sum = schedule.run(epoch, context, [&](BlockSchedule::Block& block) {
    const std::scoped_lock lock(mutex);
    blocks.emplace_back(std::vector<Cell>(block.cells.begin(), block.cells.end()),
                        std::vector<idx_t>(block.items.begin(), block.items.end()));
    double sum = block.rng.uniform();
    for (const Cell& cell : block.cells) sum += cell.value;
    return sum;
  });
  for (auto& [cells, items] : blocks) {
    result.cells.push_back(std::move(cells));
    result.items.push_back(std::move(items));
  }
  return result;
}

TEST(BlockSchedule, CoversEveryCellOncePerEpoch) {
  for (const auto& [rows, cols] :
       {std::pair<std::size_t, std::size_t>{1, 1}, {2, 2000}, {2000, 2}, {53, 331}, {101, 1201}}) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << cols);
    const Csr matrix = random_matrix(rows, cols, 0.5);
    BlockSchedule schedule(striped(matrix), 3);
    EXPECT_EQ(schedule.cells(), matrix.entries());
    const Trace epoch = trace(schedule, 0, 3);
    EXPECT_EQ(epoch.cells.size(), schedule.stripes() * schedule.stripes());
    std::vector<std::tuple<idx_t, idx_t, float>> seen, expected;
    for (const auto& block : epoch.cells) {
      for (const Cell& cell : block) seen.emplace_back(cell.user, cell.item, cell.value);
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < matrix.row_size(r); ++k) {
        expected.emplace_back(static_cast<idx_t>(r), matrix.cols_of(r)[k], matrix.values_of(r)[k]);
      }
    }
    std::ranges::sort(seen);
    EXPECT_EQ(seen, expected);
  }
}

TEST(BlockSchedule, StripesPartitionUsersAndItems) {
  const Csr matrix = random_matrix(101, 1201, 0.2);
  BlockSchedule schedule(striped(matrix), 3);
  ASSERT_EQ(schedule.stripes(), 16u);
  const Trace epoch = trace(schedule, 0, 1);
  std::map<idx_t, std::set<std::vector<idx_t>>> stripes_of_item;
  std::map<std::vector<idx_t>, std::set<idx_t>> seen;
  for (std::size_t b = 0; b < epoch.cells.size(); ++b) {
    for (const idx_t item : epoch.items[b]) stripes_of_item[item].insert(epoch.items[b]);
    for (const Cell& cell : epoch.cells[b]) EXPECT_TRUE(std::ranges::count(epoch.items[b], cell.item));
  }
  EXPECT_EQ(stripes_of_item.size(), 1201u);  // items without cells too
  for (const auto& [item, stripes] : stripes_of_item) EXPECT_EQ(stripes.size(), 1u) << item;
  // With one thread the blocks of a round follow each other: no user and no item comes twice in 16 of them.
  for (std::size_t round = 0; round < 16; ++round) {
    std::map<idx_t, std::size_t> block_of_user, block_of_item;
    for (std::size_t b = round * 16; b < round * 16 + 16; ++b) {
      for (const Cell& cell : epoch.cells[b]) {
        EXPECT_EQ(block_of_user.emplace(cell.user, b).first->second, b);
        EXPECT_EQ(block_of_item.emplace(cell.item, b).first->second, b);
      }
    }
  }
}

TEST(BlockSchedule, DependsOnSeedAndEpochButNotOnThreads) {
  const Csr matrix = random_matrix(101, 401, 0.2);
  BlockSchedule schedule(striped(matrix), 3), again(striped(matrix), 3), other(striped(matrix), 4);
  const Trace first = trace(schedule, 0, 1), second = trace(schedule, 1, 1);
  EXPECT_NE(first.items, second.items);
  EXPECT_NE(trace(other, 0, 1).sum, first.sum);
  for (const int threads : {1, 2, 3, 5}) {
    EXPECT_EQ(trace(again, 1, threads).sum, second.sum);
    EXPECT_EQ(trace(again, 0, threads).sum, first.sum);
  }
}

TEST(BlockSchedule, BalancesUserStripes) {
  Csr matrix;
  matrix.cols = 2000;
  for (std::size_t u = 0; u < 300; ++u) {  // a few users have most of the cells
    for (idx_t i = 0; i < 2000 / (u + 1); ++i) {
      matrix.indices.push_back(i);
      matrix.values.push_back(1);
    }
    matrix.offsets.push_back(matrix.indices.size());
  }
  BlockSchedule schedule(striped(matrix), 1);
  std::map<idx_t, std::size_t> stripe_of_user;
  const Trace epoch = trace(schedule, 0, 1);
  std::vector<std::size_t> loads(16);
  for (std::size_t b = 0; b < epoch.cells.size(); ++b) loads[b % 16] += epoch.cells[b].size();
  EXPECT_EQ(std::ranges::max(loads), 2000u);  // the one largest user
  EXPECT_GT(std::ranges::min(loads), 500u);
}

TEST(BlockSchedule, StopsBetweenRoundsAndPassesErrorsOn) {
  BlockSchedule schedule(striped(random_matrix(101, 1201, 0.1)), 3);
  std::stop_source source;
  Context context;
  context.threads = 1;
  context.stop = source.get_token();
  int blocks = 0;
  const auto stop_at_20 = [&](BlockSchedule::Block&) {
    if (++blocks == 20) source.request_stop();
    return 0.0;
  };
  EXPECT_THROW(schedule.run(0, context, stop_at_20), Error);
  EXPECT_EQ(blocks, 32);
  EXPECT_THROW(schedule.run(0, {}, [](BlockSchedule::Block&) -> double { throw std::runtime_error("no"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace akin
