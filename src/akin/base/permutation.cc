#include "akin/base/permutation.h"

#include <bit>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {

Permutation::Permutation(std::uint64_t n, std::uint64_t seed) : n_(n) {
  AKIN_ASSERT(n <= std::uint64_t{1} << 62);
  if (n > 1) half_ = (static_cast<unsigned>(std::bit_width(n - 1)) + 1) / 2;
  mask_ = (std::uint64_t{1} << half_) - 1;
  for (std::size_t round = 0; round < kRounds; ++round) keys_[round] = Rng(seed, round).next();
}

std::uint64_t Permutation::at(std::uint64_t i) const {
  std::uint64_t value = i;
  do {
    std::uint64_t left = value >> half_, right = value & mask_;
    for (const std::uint64_t key : keys_) {
      const std::uint64_t mixed = left ^ (Rng::mix(right ^ key) & mask_);
      left = right;
      right = mixed;
    }
    value = left << half_ | right;
  } while (value >= n_);
  return value;
}

}  // namespace akin
