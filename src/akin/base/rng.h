// Random numbers that are the same on every machine, thread count and run.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace akin {

/// A counter-based generator: number i of stream (seed, stream) is a hash of (seed, stream, i), so each
/// thread, user or row can own a stream and results do not depend on who runs first. SplitMix64 (Steele, Lea
/// & Flood 2014) with the stream's start drawn by the same mixing function. Copy it freely; never share one
/// between threads.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0)
      : state_(mix(mix(seed + kStep) ^ mix(stream * kStreamStep + kStep))) {}

  /// 64 uniform bits.
  std::uint64_t next() { return mix(state_ += kStep); }
  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  /// Uniform in [0, 1), 24 bits.
  float uniform_float() { return static_cast<float>(next() >> 40) * 0x1.0p-24f; }
  /// Uniform in [0, n), n > 0: the high half of a 128-bit product, bias below n / 2^64.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
  }
  /// Normal with mean 0 and standard deviation 1 (Box-Muller; one of the two values is dropped
  /// to stay stateless).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }
  /// Puts `items` into a uniformly random order (Fisher-Yates).
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  /// A 64-bit hash whose bits all depend on all bits of `x` (the finalizer of SplitMix64).
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15ULL;
  static constexpr std::uint64_t kStreamStep = 0xD1342543DE82EF95ULL;
  std::uint64_t state_;
};

}  // namespace akin
