// Drawing from a fixed discrete distribution in constant time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/base/rng.h"
#include "akin/linalg/csr.h"

namespace akin {

/// Draws index i with probability weight_i / sum of weights: Walker's alias method, built in O(n) as by Vose
/// (1991). One random number and one table entry (8 bytes) a draw; probabilities are exact to 2^-32.
class AliasTable {
 public:
  /// `weights` are finite, not negative, with a positive sum; at most 2^32 - 1 of them.
  explicit AliasTable(std::span<const double> weights);
  std::size_t size() const { return slots_.size(); }
  idx_t draw(Rng& rng) const {
    const std::uint64_t bits = rng.next();
    const auto slot = static_cast<idx_t>(((bits >> 32) * slots_.size()) >> 32);
    // Without a branch, which nothing could predict.
    const idx_t alias = slots_[slot].alias;
    const auto own = -static_cast<idx_t>(static_cast<std::uint32_t>(bits) < slots_[slot].keep);
    return alias ^ ((alias ^ slot) & own);
  }

 private:
  struct Slot {
    std::uint32_t keep;  // probability of the slot's own index, in 2^-32
    idx_t alias;         // the index drawn otherwise; the slot's own if it keeps everything
  };
  std::vector<Slot> slots_;
};

}  // namespace akin
