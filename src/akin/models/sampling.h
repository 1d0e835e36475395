// Drawing items that a user has not chosen.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "akin/base/rng.h"
#include "akin/linalg/csr.h"

namespace akin {

/// Negatives from a pool of items, uniform or in proportion to given weights. "Has this user chosen that
/// item?" is answered by a small bit table of all chosen pairs in the pool, which is in the cache and right
/// for most pairs, and only where the bit is set by a binary search in the user's row. One per thread.
class NegativeSampler {
 public:
  /// Draws are given up after so many positives in a row: the user has chosen nearly all of the pool.
  static constexpr int kTries = 64;

  /// `positives` (users, items) has ascending columns and outlives the sampler. `weights` of all items, none
  /// negative, empty = uniform; they outlive the sampler too.
  explicit NegativeSampler(const Csr& positives, std::span<const float> weights = {})
      : positives_(&positives), weights_(weights) {}

  /// Starts over with another pool, of which up to `pairs` positives will be added. `items` must stay valid.
  /// Items of weight 0 are not drawn, unless that is the weight of all of them. Cost: O(pairs), with weights
  /// O(pairs + items).
  void start(std::span<const idx_t> items, std::size_t pairs);
  /// Must be called for every positive (user, item) whose item is in the pool, for all users that draw.
  void add(idx_t user, idx_t item) {
    const std::uint64_t bit = bit_of(user, item);
    bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  /// A random item of the pool that is not a positive of `user`, or nullopt if kTries draws found none. Cost:
  /// O(1), with weights O(log items).
  std::optional<idx_t> draw(idx_t user, Rng& rng) const {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const idx_t item = cumulative_.empty() ? pool_[rng.below(pool_.size())] : draw_weighted(rng);
      const std::uint64_t bit = bit_of(user, item);
      const bool may_be_positive = (bits_[bit / 64] >> (bit % 64)) & 1;
      if (!may_be_positive || !std::ranges::binary_search(positives_->cols_of(user), item)) return item;
    }
    return std::nullopt;
  }

 private:
  std::uint64_t bit_of(idx_t user, idx_t item) const {
    return (((std::uint64_t{user} << 32) | item) * 0x9E3779B97F4A7C15ULL) >> shift_;
  }
  idx_t draw_weighted(Rng& rng) const;

  const Csr* positives_;
  std::span<const float> weights_;
  std::span<const idx_t> pool_;
  std::vector<double> cumulative_;   // sums of the pool's weights, if they are in use
  std::vector<std::uint64_t> bits_;  // a power of two of bits, 16 or more per pair
  int shift_ = 0;                    // 64 - log2 of it
};

}  // namespace akin
