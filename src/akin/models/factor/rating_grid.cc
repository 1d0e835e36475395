#include "akin/models/factor/rating_grid.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "akin/base/parallel.h"

namespace akin {
namespace {

/// Bytes of vectors of a stripe of items, of half a second-level cache or less, and of a group of users, of
/// half a first-level cache.
constexpr std::size_t kStripeBytes = std::size_t{192} * 1024, kGroupBytes = std::size_t{12} * 1024;
/// Rows per stripe that keep the blocks of small matrices from being empty.
constexpr std::size_t kMinRows = 16;

std::size_t stripes_for(const Csr& matrix, std::size_t row_bytes) {
  const std::size_t wanted =
      std::clamp(matrix.cols * row_bytes / kStripeBytes, RatingGrid::kMinStripes, RatingGrid::kMaxStripes);
  return std::clamp<std::size_t>(std::min(matrix.rows(), matrix.cols) / kMinRows, 1, wanted);
}

/// Places of rows by stripe, and within a stripe by number.
std::vector<idx_t> places_of(const std::vector<std::uint8_t>& stripe_of, std::size_t stripes) {
  std::vector<idx_t> next(stripes + 1, 0), places(stripe_of.size());
  for (const std::uint8_t stripe : stripe_of) ++next[stripe + std::size_t{1}];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::size_t r = 0; r < places.size(); ++r) places[r] = next[stripe_of[r]]++;
  return places;
}

/// How many rounds each stripe has behind it. A block waits for the last round of its two stripes only, not
/// for all blocks of the round. Blocks are begun in order, so what a block waits for is under way.
class StripeGates {
 public:
  explicit StripeGates(std::size_t stripes) : done_(stripes) {}
  /// Until the stripe has `rounds` behind it; false if `failed` comes first.
  bool wait(std::size_t stripe, std::size_t rounds, const std::atomic<bool>& failed) const {
    constexpr int kSpins = 20000;
    for (int spins = 0; done_[stripe].load(std::memory_order_acquire) < rounds; ++spins) {
      if (failed.load(std::memory_order_relaxed)) return false;
      if (spins > kSpins) std::this_thread::yield();
    }
    return true;
  }
  void open(std::size_t stripe, std::size_t rounds) {
    done_[stripe].store(rounds, std::memory_order_release);
  }

 private:
  std::vector<std::atomic<std::size_t>> done_;
};

}  // namespace

RatingGrid::RatingGrid(const Csr& matrix, std::span<const float> weights, std::size_t row_bytes,
                       std::uint64_t seed, int threads)
    : stripes_(stripes_for(matrix, row_bytes)), seed_(seed) {
  fill(matrix, weights);
  const std::size_t group = std::max<std::size_t>(2, kGroupBytes / std::max<std::size_t>(1, row_bytes));
  parallel_for(
      stripes_ * stripes_, threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t b = begin; b < end; ++b) order_block(b, group);
      },
      1);
}

void RatingGrid::fill(const Csr& matrix, std::span<const float> weights) {
  const std::vector<std::uint8_t> user_stripe = balanced_stripes(row_sizes(matrix), stripes_);
  const std::vector<std::uint8_t> item_stripe = balanced_stripes(column_sizes(matrix), stripes_);
  user_places_ = places_of(user_stripe, stripes_);
  item_places_ = places_of(item_stripe, stripes_);
  offsets_.assign(stripes_ * stripes_ + 1, 0);
  const auto block_of = [&](std::size_t user, idx_t item) {
    return user_stripe[user] * stripes_ + item_stripe[item];
  };
  for (std::size_t u = 0; u < matrix.rows(); ++u) {
    for (const idx_t item : matrix.cols_of(u)) ++offsets_[block_of(u, item) + 1];
  }
  std::partial_sum(offsets_.begin(), offsets_.end(), offsets_.begin());
  std::vector<std::uint64_t> next(offsets_.begin(), offsets_.end() - 1);
  cells_.resize(matrix.entries());
  weights_.resize(weights.size());
  for (std::size_t u = 0; u < matrix.rows(); ++u) {
    for (std::uint64_t e = matrix.offsets[u]; e < matrix.offsets[u + 1]; ++e) {
      const std::uint64_t at = next[block_of(u, matrix.indices[e])]++;
      cells_[at] = {user_places_[u], item_places_[matrix.indices[e]], matrix.values[e]};
      if (!weights.empty()) weights_[at] = weights[e];
    }
  }
}

/// The users of a block ascend; shuffles the cells of each `group` users that follow each other.
void RatingGrid::order_block(std::size_t block, std::size_t group) {
  Rng rng(seed_, 1 + block);
  const std::uint64_t end = offsets_[block + 1];
  for (std::uint64_t begin = offsets_[block]; begin < end;) {
    std::uint64_t stop = begin + 1;
    for (std::size_t users = 1; stop < end; ++stop) {
      if (cells_[stop].user != cells_[stop - 1].user && ++users > group) break;
    }
    for (std::uint64_t i = stop - begin; i > 1; --i) {
      const std::uint64_t other = begin + rng.below(i), last = begin + i - 1;
      std::swap(cells_[last], cells_[other]);
      if (!weights_.empty()) std::swap(weights_[last], weights_[other]);
    }
    begin = stop;
  }
}

std::span<const Cell> RatingGrid::block(std::size_t user_stripe, std::size_t item_stripe) const {
  const std::size_t b = user_stripe * stripes_ + item_stripe;
  return std::span(cells_).subspan(offsets_[b], offsets_[b + 1] - offsets_[b]);
}

double RatingGrid::run(std::uint64_t epoch, WorkerTeam& team, const Context& context,
                       const Body& body) const {
  std::vector<std::size_t> rounds(stripes_);
  std::iota(rounds.begin(), rounds.end(), std::size_t{0});
  // Streams from 1 on order the blocks; this one counts down from the last.
  Rng rng(seed_, ~epoch);
  rng.shuffle(std::span(rounds));
  std::vector<double> results(stripes_ * stripes_, 0.0);
  StripeGates users(stripes_), items(stripes_);
  std::atomic<bool> failed{false};
  const auto run_block = [&](std::size_t round, std::size_t user_stripe) {
    if (user_stripe == 0) context.check_stop();
    const std::size_t item_stripe = (user_stripe + rounds[round]) % stripes_;
    if (!users.wait(user_stripe, round, failed) || !items.wait(item_stripe, round, failed)) return;
    const std::size_t b = user_stripe * stripes_ + item_stripe;
    const std::size_t begin = offsets_[b], size = offsets_[b + 1] - begin;
    results[b] = body(std::span(cells_).subspan(begin, size),
                      weights_.empty() ? std::span<const float>() : std::span(weights_).subspan(begin, size));
    users.open(user_stripe, round + 1);
    items.open(item_stripe, round + 1);
  };
  team.run(stripes_ * stripes_, 1, [&](std::size_t begin, std::size_t end) {
    try {
      for (std::size_t task = begin; task < end; ++task) run_block(task / stripes_, task % stripes_);
    } catch (...) {
      failed = true;
      throw;
    }
  });
  return std::accumulate(results.begin(), results.end(), 0.0);
}

}  // namespace akin
