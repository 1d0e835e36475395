// A random order of many numbers, without a list of them.
#pragma once

#include <array>
#include <cstdint>

namespace akin {

/// The numbers 0 .. n - 1 in an order that depends on the seed alone: at(0), at(1), ... Memory does not grow with n. A
/// Feistel network over the smallest square of a power of two that holds n, whose values from n on are sent through
/// again until they fall below (Black & Rogaway 2002, "Ciphers with arbitrary finite domains": cycle walking).
/// Cost of at(): about 50 ns.
class Permutation {
 public:
  /// n up to 2^62.
  Permutation(std::uint64_t n, std::uint64_t seed);
  std::uint64_t size() const { return n_; }
  /// i < size().
  std::uint64_t at(std::uint64_t i) const;

 private:
  static constexpr std::size_t kRounds = 6;
  std::uint64_t n_;
  unsigned half_ = 1;  // bits of each half
  std::uint64_t mask_;
  std::array<std::uint64_t, kRounds> keys_;
};

}  // namespace akin
