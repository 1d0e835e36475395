#include "akin/models/rating/rating_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

using Entry = std::tuple<idx_t, idx_t, float>;

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

RatingGrid grid_of(const Csr& matrix, std::span<const float> weights, std::size_t row_bytes,
                   int threads = 0) {
  const auto [stripes, together] = RatingGrid::layout_for(matrix.rows(), matrix.cols, row_bytes);
  return {divide_by_stripes(matrix, stripes, {}, together), weights, row_bytes, 3, threads};
}

/// The number of the row at each place, each once.
std::vector<idx_t> numbers_of(const std::vector<idx_t>& positions) {
  std::vector<idx_t> numbers(positions.size(), static_cast<idx_t>(positions.size()));
  for (std::size_t r = 0; r < positions.size(); ++r) numbers.at(positions[r]) = static_cast<idx_t>(r);
  EXPECT_EQ(std::ranges::count(numbers, static_cast<idx_t>(positions.size())), 0);
  return numbers;
}

double run(const RatingGrid& grid, std::uint64_t epoch, const Context& context,
           const RatingGrid::Body& body) {
  WorkerTeam team(context.threads);
  return grid.run(epoch, team, context, body);
}

/// Blocks as one thread meets them.
std::vector<std::vector<Cell>> trace(const RatingGrid& grid, std::uint64_t epoch) {
  std::vector<std::vector<Cell>> blocks;
  run(grid, epoch, {.threads = 1}, [&](std::span<const Cell> cells, std::span<const float>) {
    blocks.emplace_back(cells.begin(), cells.end());
    return 0.0;
  });
  return blocks;
}

TEST(RatingGrid, CoversEveryCellOncePerEpochWithItsWeight) {
  for (const auto& [rows, cols] : {std::pair<std::size_t, std::size_t>{1, 1},
                                   {2, 2000},
                                   {2000, 2},
                                   {53, 331},
                                   {307, 1201},
                                   {1601, 1201}}) {
    SCOPED_TRACE(::testing::Message() << rows << " x " << cols);
    const Csr matrix = random_matrix(rows, cols, 0.5);
    std::vector<float> weights(matrix.values);
    for (float& weight : weights) weight *= 2;
    const RatingGrid grid = grid_of(matrix, weights, 4096);
    const std::vector<idx_t> users = numbers_of(grid.user_positions()),
                             items = numbers_of(grid.item_positions());
    std::vector<Entry> seen, expected;
    std::mutex mutex;
    run(grid, 0, {.threads = 3}, [&](std::span<const Cell> cells, std::span<const float> cell_weights) {
      const std::scoped_lock lock(mutex);
      EXPECT_EQ(cells.size(), cell_weights.size());
      for (std::size_t k = 0; k < cells.size(); ++k) {
        seen.emplace_back(users[cells[k].user], items[cells[k].item], cells[k].value);
        EXPECT_EQ(cell_weights[k], 2 * cells[k].value);
      }
      return 0.0;
    });
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t k = 0; k < matrix.row_size(r); ++k)
        expected.emplace_back(static_cast<idx_t>(r), matrix.cols_of(r)[k], matrix.values_of(r)[k]);
    }
    std::ranges::sort(seen);
    EXPECT_EQ(seen, expected);
  }
}

TEST(RatingGrid, IsTheSameMadeByAnyNumberOfThreads) {
  const Csr matrix = random_matrix(409, 1201, 0.2);
  const RatingGrid one = grid_of(matrix, matrix.values, 1024, 1);
  for (const int threads : {2, 5, 64}) {
    const RatingGrid many = grid_of(matrix, matrix.values, 1024, threads);
    EXPECT_EQ(many.user_positions(), one.user_positions());
    EXPECT_EQ(many.item_numbers(), one.item_numbers());
    for (std::size_t b = 0; b < 256; ++b) {
      const auto a = one.block(b / 16, b % 16), c = many.block(b / 16, b % 16);
      EXPECT_TRUE(std::ranges::equal(a, c, [](const Cell& x, const Cell& y) {
        return x.user == y.user && x.item == y.item && x.value == y.value;
      })) << b;
    }
  }
}

TEST(RatingGrid, BlocksOfARoundShareNothing) {
  const Csr matrix = random_matrix(409, 1201, 0.2);
  const RatingGrid grid = grid_of(matrix, {}, 256);
  ASSERT_EQ(grid.stripes(), 16u);
  const auto blocks = trace(grid, 0);
  ASSERT_EQ(blocks.size(), 256u);
  for (std::size_t round = 0; round < 16; ++round) {
    std::map<idx_t, std::size_t> block_of_user, block_of_item;
    for (std::size_t b = round * 16; b < round * 16 + 16; ++b) {
      EXPECT_FALSE(blocks[b].empty());
      for (const Cell& cell : blocks[b]) {
        EXPECT_EQ(block_of_user.emplace(cell.user, b).first->second, b);
        EXPECT_EQ(block_of_item.emplace(cell.item, b).first->second, b);
      }
    }
  }
}

TEST(RatingGrid, ABlocksRowsLieTogether) {
  const RatingGrid grid = grid_of(random_matrix(409, 1201, 0.2), {}, 256);
  for (std::size_t s = 0; s + 1 < 16; ++s) {
    idx_t last_user = 0, first_user = 409, last_item = 0, first_item = 1201;
    for (const Cell& cell : grid.block(s, s)) {
      last_user = std::max(last_user, cell.user);
      last_item = std::max(last_item, cell.item);
    }
    for (const Cell& cell : grid.block(s + 1, s + 1)) {
      first_user = std::min(first_user, cell.user);
      first_item = std::min(first_item, cell.item);
    }
    EXPECT_LT(last_user, first_user);
    EXPECT_LT(last_item, first_item);
  }
}

TEST(RatingGrid, MoreStripesForLongerVectors) {
  const Csr matrix = random_matrix(2003, 2003, 0.01);
  EXPECT_EQ(grid_of(matrix, {}, 64).stripes(), 16u);
  const std::size_t most = grid_of(matrix, {}, 4096).stripes();
  EXPECT_GT(most, 32u);
  EXPECT_LE(most, RatingGrid::kMaxStripes);
}

TEST(RatingGrid, StripesMeetABundleAtATime) {
  const Csr matrix = random_matrix(1201, 1809, 0.05);
  const std::size_t together = RatingGrid::layout_for(1201, 1809, 4096).together;
  ASSERT_EQ(together, 3u);
  const RatingGrid grid = grid_of(matrix, {}, 4096);
  const std::size_t stripes = grid.stripes();
  ASSERT_EQ(stripes, 16 * together);
  std::map<idx_t, std::size_t> stripe_of;  // of an item's place
  for (std::size_t b = 0; b < stripes * stripes; ++b) {
    for (const Cell& cell : grid.block(b / stripes, b % stripes)) stripe_of[cell.item] = b % stripes;
  }
  const auto blocks = trace(grid, 0);
  std::vector<std::size_t> order;
  for (std::size_t round = 0; round < stripes; ++round) {
    const Cell& first = blocks.at(round * stripes).at(0);  // of user stripe 0
    order.push_back(stripe_of.at(first.item));
  }
  for (std::size_t round = 0; round < stripes; ++round)
    EXPECT_EQ(order[round] / together, order[round / together * together] / together);
  std::ranges::sort(order);
  for (std::size_t round = 0; round < stripes; ++round) EXPECT_EQ(order[round], round);
}

/// Users and items after two epochs of steps whose order matters, and the loss.
std::vector<float> after_steps(const Communicator& ranks, int threads) {
  const FitContext context{{.threads = threads, .communicator = &ranks}};
  const Csr all = random_matrix(1201, 1809, 0.05);
  const Share own = equal_share(all.rows(), ranks.rank(), ranks.size());
  Csr matrix;
  matrix.cols = all.cols;
  for (std::size_t r = 0; r < all.rows(); ++r) {
    if (r >= own.begin && r < own.end) {
      matrix.indices.insert(matrix.indices.end(), all.cols_of(r).begin(), all.cols_of(r).end());
      matrix.values.insert(matrix.values.end(), all.values_of(r).begin(), all.values_of(r).end());
    }
    matrix.offsets.push_back(matrix.indices.size());
  }
  const auto [stripes, together] = RatingGrid::layout_for(1201, 1809, 4096);
  const RatingGrid grid(divide_by_stripes(std::move(matrix), stripes, context, together), {}, 4096, 3,
                        threads);
  std::vector<float> users(1201, 1.0f), items(1809, 1.0f);
  FitState user_rows, item_rows;
  user_rows.add("users", users, 1);
  item_rows.add("items", items, 1);
  WorkerTeam team(threads);
  double loss = 0;
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    loss = grid.run(
        epoch, team, context,
        [&](std::span<const Cell> cells, std::span<const float>) {
          double sum = 0;
          for (const Cell& cell : cells) {
            users[cell.user] = 0.9f * users[cell.user] + 0.1f * items[cell.item];
            items[cell.item] = 0.9f * items[cell.item] + 1e-6f * cell.value * users[cell.user];
            sum += users[cell.user];
          }
          return sum;
        },
        item_rows);
  }
  grid.gather_users(ranks, user_rows);
  users.insert(users.end(), items.begin(), items.end());
  users.push_back(static_cast<float>(loss));
  return users;
}

TEST(RatingGrid, TheSameBitsAtAnyNumberOfRanks) {
  const std::vector<float> expected = after_steps(alone(), 1);
  for (const int size : {2, 3, 5}) {
    on_ranks(size, [&](const Communicator& ranks) {
      EXPECT_TRUE(after_steps(ranks, size % 2 + 1) == expected) << "rank " << ranks.rank() << " of " << size;
      // 16 moves of the items an epoch at most, and the last to all; the matrix and its counts at the start.
      EXPECT_LT(ranks.bytes_sent(), 2u * 17 * 1809 * 4 + 1201u * 1809 / 20 * 2 * 8);
    });
  }
}

TEST(RatingGrid, RoundsChangeFromEpochToEpochAndNothingElse) {
  const RatingGrid grid = grid_of(random_matrix(409, 1201, 0.2), {}, 256);
  const auto firsts = [&](std::uint64_t epoch) {
    std::vector<Entry> all;
    for (const auto& block : trace(grid, epoch)) {
      if (!block.empty()) all.emplace_back(block[0].user, block[0].item, block[0].value);
    }
    return all;
  };
  auto first = firsts(0), second = firsts(1);
  EXPECT_EQ(first, firsts(0));
  EXPECT_NE(first, second);
  std::ranges::sort(first);
  std::ranges::sort(second);
  EXPECT_EQ(first, second);
}

TEST(RatingGrid, SumsInAFixedOrderAtAnyThreadCount) {
  const RatingGrid grid = grid_of(random_matrix(409, 1201, 0.2), {}, 256);
  const auto sum = [&](int threads) {
    return run(grid, 0, {.threads = threads}, [](std::span<const Cell> cells, std::span<const float>) {
      return cells.empty() ? 0.0 : 1.0 / (1.0 + cells[0].value);
    });
  };
  const double expected = sum(1);
  EXPECT_GT(expected, 0);
  for (const int threads : {2, 3, 5, 64}) EXPECT_EQ(sum(threads), expected);
}

TEST(RatingGrid, StopsBetweenRoundsAndPassesErrorsOn) {
  const RatingGrid grid = grid_of(random_matrix(409, 1201, 0.1), {}, 256);
  std::stop_source source;
  Context context{.threads = 1, .stop = source.get_token()};
  int blocks = 0;
  const RatingGrid::Body stop_at_20 = [&](std::span<const Cell>, std::span<const float>) {
    if (++blocks == 20) source.request_stop();
    return 0.0;
  };
  EXPECT_THROW(run(grid, 0, context, stop_at_20), Error);
  EXPECT_EQ(blocks, 32);
  const RatingGrid::Body fails = [](std::span<const Cell>, std::span<const float>) -> double {
    throw std::runtime_error("no");
  };
  EXPECT_THROW(run(grid, 0, {}, fails), std::runtime_error);
}

}  // namespace
}  // namespace akin
