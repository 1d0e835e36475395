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
/// item?" is answered by a small table with a bit for each chosen pair in the pool, found by a hash of the
/// pair, which fits the cache. A set bit may be another pair's: of a user's negatives one in 32 or more is
/// left out for nothing, and is another one in every start(). One sampler per thread.
class NegativeSampler {
 public:
  /// After so many set bits in a row the user's row itself is asked, and draws are given up after so many
  /// positives: the user has chosen nearly all of the pool.
  static constexpr int kTries = 64;

  /// `positives` (users, items) has ascending columns and outlives the sampler. `weights` of all items, none
  /// negative, empty = uniform; they outlive the sampler too.
  explicit NegativeSampler(const Csr& positives, std::span<const float> weights = {})
      : positives_(&positives), weights_(weights) {}

  /// Starts over with another pool, of which up to `pairs` positives will be added, and another hash of
  /// pairs, chosen by `salt`. `items` must stay valid. Items of weight 0 are not drawn, unless that is the
  /// weight of all of them. Cost: O(pairs), with weights O(pairs + items).
  void start(std::span<const idx_t> items, std::size_t pairs, std::uint64_t salt);
  /// Must be called for every positive (user, item) whose item is in the pool, for all users that draw.
  void add(idx_t user, idx_t item) {
    const std::uint64_t bit = bit_of(user, item);
    bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  /// A random item of the pool that is not a positive of `user`, or nullopt if there is hardly one. Cost:
  /// O(1), with weights O(log items).
  std::optional<idx_t> draw(idx_t user, Rng& rng) const {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const idx_t item = draw_any(rng);
      if (!may_be_positive(user, item)) return item;
    }
    return draw_slowly(user, rng);
  }
  /// out[k * step] <- a draw for users[k], or kNone. Faster than one draw after the other: those that need no
  /// second try do not wait for each other. Draws other items than as many calls of draw().
  void draw_each(std::span<const idx_t> users, std::size_t step, Rng& rng, idx_t* out) const {
    for (std::size_t k = 0; k < users.size(); ++k) out[k * step] = draw_any(rng);
    for (std::size_t k = 0; k < users.size(); ++k) {
      if (may_be_positive(users[k], out[k * step])) out[k * step] = draw(users[k], rng).value_or(kNone);
    }
  }
  static constexpr idx_t kNone = static_cast<idx_t>(-1);

 private:
  idx_t draw_any(Rng& rng) const {
    return cumulative_.empty() ? pool_[rng.below(pool_.size())] : draw_weighted(rng);
  }
  bool may_be_positive(idx_t user, idx_t item) const {
    const std::uint64_t bit = bit_of(user, item);
    return (bits_[bit / 64] >> (bit % 64)) & 1;
  }
  std::uint64_t bit_of(idx_t user, idx_t item) const {
    return (((std::uint64_t{user} << 32) | item) * multiplier_) >> shift_;
  }
  idx_t draw_weighted(Rng& rng) const;
  std::optional<idx_t> draw_slowly(idx_t user, Rng& rng) const;

  const Csr* positives_;
  std::span<const float> weights_;
  std::span<const idx_t> pool_;
  std::vector<double> cumulative_;   // sums of the pool's weights, if they are in use
  std::vector<std::uint64_t> bits_;  // a power of two of bits, 32 or more per pair
  std::uint64_t multiplier_ = 1;     // odd
  int shift_ = 0;                    // 64 - log2 of it
};

/// A sample of users, drawn with replacement, after some of them have gone.
struct RemainingSample {
  std::vector<idx_t> users;        ///< renumbered, as many as before: those that remain fill the gaps in turn
  std::vector<std::size_t> drawn;  ///< the place of each in the old sample
  double share = 0;                ///< of the old sample that remains; 0 = nothing, and `users` mean nothing
};
/// `kept` are the users that remain, ascending; their new numbers are their places in it.
RemainingSample remaining_sample(std::span<const idx_t> sample, std::span<const idx_t> kept);

}  // namespace akin
