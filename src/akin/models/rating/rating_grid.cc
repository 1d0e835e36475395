#include "akin/models/rating/rating_grid.h"

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

/// Bytes of vectors of a stripe of items, of half a second-level cache or less, and of a group of users, of
/// half a first-level cache.
constexpr std::size_t kStripeBytes = std::size_t{192} * 1024, kGroupBytes = std::size_t{12} * 1024;
/// Rows per stripe that keep the blocks of small matrices from being empty.
constexpr std::size_t kMinRows = 16;

/// Bundles of stripes: as many ranks may be busy.
constexpr std::size_t kBundles = 16;

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

RatingGrid::Side::Side(std::vector<std::uint8_t> stripes_of, std::size_t stripes)
    : stripe_of(std::move(stripes_of)),
      positions(stripe_of.size()),
      numbers(stripe_of.size()),
      offsets(stripes + 1, 0) {
  for (const std::uint8_t stripe : stripe_of) ++offsets[stripe + std::size_t{1}];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  std::vector<idx_t> next(offsets);
  for (std::size_t r = 0; r < positions.size(); ++r) {
    positions[r] = next[stripe_of[r]]++;
    numbers[positions[r]] = static_cast<idx_t>(r);
  }
}

Stripes RatingGrid::Side::places(std::span<const idx_t> all) const {
  Stripes result;
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
    result.push_back(all.subspan(offsets[s], offsets[s + 1] - offsets[s]));
  return result;
}

std::span<const Cell> RatingGrid::Stripe::block(std::size_t item_stripe) const {
  const std::uint64_t begin = offsets[item_stripe];
  return std::span(cells).subspan(begin, offsets[item_stripe + 1] - begin);
}

std::span<const float> RatingGrid::Stripe::block_weights(std::size_t item_stripe) const {
  if (weights.empty()) return {};
  const std::uint64_t begin = offsets[item_stripe];
  return std::span(weights).subspan(begin, offsets[item_stripe + 1] - begin);
}

void RatingGrid::Stripe::shuffle(std::uint64_t begin, std::uint64_t end, Rng& rng) {
  for (std::uint64_t i = end - begin; i > 1; --i) {
    const std::uint64_t other = begin + rng.below(i), last = begin + i - 1;
    std::swap(cells[last], cells[other]);
    if (!weights.empty()) std::swap(weights[last], weights[other]);
  }
}

RatingGrid::Layout RatingGrid::layout_for(std::size_t n_users, std::size_t n_items, std::size_t row_bytes) {
  const std::size_t bundles = (n_items * row_bytes / kStripeBytes + kBundles - 1) / kBundles;
  const std::size_t wanted = std::clamp(bundles * kBundles, kMinStripes, kMaxStripes);
  const std::size_t stripes = std::clamp<std::size_t>(std::min(n_users, n_items) / kMinRows, 1, wanted);
  const std::size_t together = std::max<std::size_t>(1, stripes / kBundles);
  return {std::min(stripes, kBundles * together), together};
}

RatingGrid::RatingGrid(const StripedMatrix& matrix, std::span<const float> weights, std::size_t row_bytes,
                       std::uint64_t seed, int threads)
    : stripes_(matrix.stripes()),
      together_(matrix.together),
      owners_(matrix.owners),
      seed_(seed),
      users_(matrix.user_stripe, stripes_),
      items_(balanced_stripes(matrix.item_counts, stripes_), stripes_),
      own_only_(matrix.own_only),
      own_places_{0, matrix.n_users()},
      cells_(stripes_),
      places_(std::max(matrix.n_users(), matrix.n_items())) {
  std::iota(places_.begin(), places_.end(), idx_t{0});
  if (own_only_) {
    const auto [first, last] = std::equal_range(owners_.begin(), owners_.end(), matrix.rank);
    own_places_ = {users_.offsets[static_cast<std::size_t>(first - owners_.begin())],
                   users_.offsets[static_cast<std::size_t>(last - owners_.begin())]};
  }
  const std::size_t group = std::max<std::size_t>(2, kGroupBytes / std::max<std::size_t>(1, row_bytes));
  const auto make = [&](std::size_t user_stripe) {
    fill(matrix.by_user, weights, user_stripe);
    for (std::size_t item_stripe = 0; item_stripe < stripes_; ++item_stripe) {
      const Rng rng(seed_, 1 + user_stripe * stripes_ + item_stripe);
      order(cells_[user_stripe], item_stripe, rng, group);
    }
  };
  parallel_for(
      stripes_, threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t s = begin; s < end; ++s) make(s);
      },
      1);
}

/// A counting sort of the stripe's entries by item stripe.
void RatingGrid::fill(const Csr& matrix, std::span<const float> weights, std::size_t user_stripe) {
  Stripe& stripe = cells_[user_stripe];
  const std::span<const idx_t> users =
      std::span(users_.numbers)
          .subspan(users_.offsets[user_stripe],
                   users_.offsets[user_stripe + 1] - users_.offsets[user_stripe]);
  stripe.offsets.assign(stripes_ + 1, 0);
  for (const idx_t user : users) {
    for (const idx_t item : matrix.cols_of(user)) ++stripe.offsets[items_.stripe_of[item] + std::size_t{1}];
  }
  std::partial_sum(stripe.offsets.begin(), stripe.offsets.end(), stripe.offsets.begin());
  stripe.cells.resize(stripe.offsets.back());
  if (!weights.empty()) stripe.weights.resize(stripe.offsets.back());
  std::vector<std::uint64_t> next(stripe.offsets);
  for (const idx_t user : users) {
    for (std::uint64_t e = matrix.offsets[user]; e < matrix.offsets[user + 1]; ++e) {
      const idx_t item = matrix.indices[e];
      const std::uint64_t at = next[items_.stripe_of[item]]++;
      stripe.cells[at] = {users_.positions[user] - static_cast<idx_t>(own_places_.begin),
                          items_.positions[item], matrix.values[e]};
      if (!weights.empty()) stripe.weights[at] = weights[e];
    }
  }
}

/// The users of a block ascend; shuffles the cells of each `group` users that follow each other.
void RatingGrid::order(Stripe& stripe, std::size_t item_stripe, Rng rng, std::size_t group) const {
  const std::vector<Cell>& cells = stripe.cells;
  const std::uint64_t end = stripe.offsets[item_stripe + 1];
  for (std::uint64_t begin = stripe.offsets[item_stripe]; begin < end;) {
    std::uint64_t stop = begin + 1;
    for (std::size_t users = 1; stop < end; ++stop) {
      if (cells[stop].user != cells[stop - 1].user && ++users > group) break;
    }
    stripe.shuffle(begin, stop, rng);
    begin = stop;
  }
}

std::span<const Cell> RatingGrid::block(std::size_t user_stripe, std::size_t item_stripe) const {
  return cells_[user_stripe].block(item_stripe);
}

/// Pairs of bundles in random order, and the rounds of each in random order.
std::vector<std::size_t> RatingGrid::order_rounds(std::uint64_t epoch) const {
  // Streams from 1 on order the blocks; this one counts down from the last.
  Rng rng(seed_, ~epoch);
  std::vector<std::size_t> rounds(stripes_), bundles(stripes_ / together_);
  std::iota(bundles.begin(), bundles.end(), std::size_t{0});
  rng.shuffle(std::span(bundles));
  for (std::size_t b = 0; b < bundles.size(); ++b) {
    const std::span<std::size_t> inner = std::span(rounds).subspan(b * together_, together_);
    std::iota(inner.begin(), inner.end(), bundles[b] * together_);
    rng.shuffle(inner);
  }
  return rounds;
}

std::size_t RatingGrid::item_stripe(std::size_t round, std::size_t user_stripe) const {
  const std::size_t bundle = (user_stripe / together_ + round / together_) % (stripes_ / together_);
  return bundle * together_ + (user_stripe + round) % together_;
}

/// The rank that works on each item stripe in a round.
std::vector<int> RatingGrid::item_owners(std::size_t round) const {
  std::vector<int> result(stripes_);
  for (std::size_t s = 0; s < stripes_; ++s) result[item_stripe(round, s)] = owners_[s];
  return result;
}

double RatingGrid::run(std::uint64_t epoch, WorkerTeam& team, const Context& context, const Body& body,
                       const FitState& item_rows) const {
  const Communicator& ranks = context.ranks();
  const std::vector<std::size_t> rounds = order_rounds(epoch);
  const Stripes item_places = items_.places(places_);
  const auto first = static_cast<std::size_t>(std::ranges::find(owners_, ranks.rank()) - owners_.begin()),
             own = static_cast<std::size_t>(std::ranges::count(owners_, ranks.rank()));
  std::vector<double> results(stripes_ * stripes_, 0.0);
  // A process alone need not wait between the pairs of bundles.
  const std::size_t stretch = ranks.alone() ? stripes_ : together_;
  std::vector<int> where;  // each item stripe is; at first, everywhere
  for (std::size_t begin = 0; begin < stripes_; begin += stretch) {
    context.check_stop();
    const std::vector<int> wanted = item_owners(rounds[begin]);
    if (begin > 0) move_stripes(ranks, item_places, where, wanted, item_rows);
    where = wanted;
    StripeGates users(stripes_), items(stripes_);
    std::atomic<bool> failed{false};
    const auto run_block = [&](std::size_t round, std::size_t user_stripe) {
      if (user_stripe == first) context.check_stop();
      const std::size_t item = item_stripe(rounds[begin + round], user_stripe);
      if (!users.wait(user_stripe, round, failed) || !items.wait(item, round, failed)) return;
      const Stripe& stripe = cells_[user_stripe];
      results[user_stripe * stripes_ + item] = body(stripe.block(item), stripe.block_weights(item));
      users.open(user_stripe, round + 1);
      items.open(item, round + 1);
    };
    team.run(stretch * own, 1, [&](std::size_t task, std::size_t end) {
      try {
        for (; task < end; ++task) run_block(task / own, first + task % own);
      } catch (...) {
        failed = true;
        throw;
      }
    });
  }
  spread_stripes(ranks, item_places, where, item_rows);
  add_over_ranks(ranks, std::span(results));  // each block has its result on one rank
  return std::accumulate(results.begin(), results.end(), 0.0);
}

void RatingGrid::gather_users(const Communicator& ranks, const FitState& users) const {
  if (!own_only_) spread_stripes(ranks, users_.places(places_), owners_, users);
}

}  // namespace akin
