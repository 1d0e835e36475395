#include "akin/models/fit/block_schedule.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"

namespace akin {

std::size_t BlockSchedule::stripes_for(std::size_t n_items) {
  return std::clamp<std::size_t>(n_items / kMinStripeItems, 1, kMaxStripes);
}

BlockSchedule::BlockSchedule(const StripedMatrix& striped, std::uint64_t seed)
    : stripes_(striped.stripes()), owners_(striped.owners), seed_(seed) {
  const Csr& matrix = striped.by_user;
  const std::vector<std::uint8_t>& user_stripe = striped.user_stripe;
  std::vector<std::uint64_t> next(stripes_ + 1, 0);
  for (std::size_t u = 0; u < matrix.rows(); ++u) next[user_stripe[u] + std::size_t{1}] += matrix.row_size(u);
  std::partial_sum(next.begin(), next.end(), next.begin());
  block_offsets_.assign(stripes_ * stripes_ + 1, 0);
  for (std::size_t s = 0; s <= stripes_; ++s) block_offsets_[s * stripes_] = next[s];
  source_.resize(matrix.entries());
  cells_.resize(matrix.entries());
  for (std::size_t u = 0; u < matrix.rows(); ++u) {
    for (std::uint64_t e = matrix.offsets[u]; e < matrix.offsets[u + 1]; ++e) {
      source_[next[user_stripe[u]]++] = {static_cast<idx_t>(u), matrix.indices[e], matrix.values[e]};
    }
  }
  item_order_.resize(matrix.cols);
  item_stripe_.resize(matrix.cols);
  for (std::size_t s = 0; s <= stripes_; ++s) item_offsets_.push_back(matrix.cols * s / stripes_);
}

void BlockSchedule::assign_items(Rng& rng) {
  std::iota(item_order_.begin(), item_order_.end(), idx_t{0});
  rng.shuffle(std::span(item_order_));
  for (std::size_t s = 0; s < stripes_; ++s) {
    for (std::size_t k = item_offsets_[s]; k < item_offsets_[s + 1]; ++k) {
      item_stripe_[item_order_[k]] = static_cast<std::uint8_t>(s);
    }
  }
}

/// Counting sort of one user stripe's cells by item stripe. Writes the offsets of its blocks but the first,
/// which never moves.
void BlockSchedule::sort_cells(std::size_t user_stripe) {
  std::uint64_t* offsets = block_offsets_.data() + user_stripe * stripes_;
  const std::uint64_t begin = offsets[0], end = offsets[stripes_];
  std::array<std::uint64_t, kMaxStripes + 1> next{};
  for (std::uint64_t e = begin; e < end; ++e) ++next[item_stripe_[source_[e].item] + std::size_t{1}];
  next[0] = begin;
  for (std::size_t s = 0; s < stripes_; ++s) next[s + 1] += next[s];
  for (std::size_t s = 1; s < stripes_; ++s) offsets[s] = next[s];
  for (std::uint64_t e = begin; e < end; ++e) cells_[next[item_stripe_[source_[e].item]]++] = source_[e];
}

std::span<const idx_t> BlockSchedule::items_of(std::size_t item_stripe) const {
  return std::span(item_order_)
      .subspan(item_offsets_[item_stripe], item_offsets_[item_stripe + 1] - item_offsets_[item_stripe]);
}

/// The rank that works on each item stripe in a round.
std::vector<int> BlockSchedule::item_owners(std::size_t round) const {
  std::vector<int> result(stripes_);
  for (std::size_t s = 0; s < stripes_; ++s) result[(s + round) % stripes_] = owners_[s];
  return result;
}

double BlockSchedule::run(std::uint64_t epoch, const Context& context, const Body& body,
                          const FitState& items) {
  const std::size_t n_blocks = stripes_ * stripes_;
  // Stream 0 of an epoch assigns items and orders the rounds, stream 1 + b belongs to block b.
  const std::uint64_t first_stream = epoch * (n_blocks + 1);
  Rng rng(seed_, first_stream);
  assign_items(rng);
  parallel_for(
      stripes_, context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t s = begin; s < end; ++s) sort_cells(s);
      },
      1);
  std::vector<std::size_t> rounds(stripes_);
  std::iota(rounds.begin(), rounds.end(), std::size_t{0});
  rng.shuffle(std::span(rounds));

  const Communicator& ranks = context.ranks();
  const Share own = equal_share(stripes_, ranks.rank(), ranks.size());
  Stripes item_stripes;
  for (std::size_t s = 0; s < stripes_; ++s) item_stripes.push_back(items_of(s));
  std::vector<int> where;  // each item stripe is; at first, everywhere
  std::vector<double> results(n_blocks, 0.0);
  for (const std::size_t round : rounds) {
    context.check_stop();
    const std::vector<int> wanted = item_owners(round);
    if (!where.empty()) move_stripes(ranks, item_stripes, where, wanted, items);
    where = wanted;
    parallel_for(
        own.size(), context.threads,
        [&](std::size_t begin, std::size_t end, int worker) {
          for (std::size_t user_stripe = own.begin + begin; user_stripe < own.begin + end; ++user_stripe) {
            const std::size_t item_stripe = (user_stripe + round) % stripes_;
            const std::size_t b = user_stripe * stripes_ + item_stripe;
            Rng block_rng(seed_, first_stream + 1 + b);
            const std::span<Cell> cells(cells_.data() + block_offsets_[b],
                                        block_offsets_[b + 1] - block_offsets_[b]);
            block_rng.shuffle(cells);
            Block block{cells, item_stripes[item_stripe], block_rng, worker};
            results[b] = body(block);
          }
        },
        1);
  }
  spread_stripes(ranks, item_stripes, where, items);
  add_over_ranks(ranks, std::span(results));  // each block has its result on one rank
  return std::accumulate(results.begin(), results.end(), 0.0);
}

}  // namespace akin
