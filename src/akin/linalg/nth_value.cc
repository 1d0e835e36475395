#include "akin/linalg/nth_value.h"

#include <bit>
#include <cstddef>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/parallel.h"

namespace akin {
namespace {

constexpr std::uint32_t kSign = 0x80000000u;

/// A number that is ordered as the value is.
std::uint32_t ordered_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

float value_of(std::uint32_t ordered) {
  return std::bit_cast<float>((ordered & kSign) != 0 ? ordered & ~kSign : ~ordered);
}

struct Bin {
  std::uint32_t number;
  std::uint64_t rank;  // among those in the bin
};

/// Where the number of this rank is. `count(bits, counts)` adds a value's bits to its bin, or to none.
template <typename Count>
Bin find_bin(std::span<const float> values, std::uint64_t rank, int threads, const Count& count) {
  constexpr std::size_t kBins = std::size_t{1} << 16;
  std::vector<std::vector<std::uint64_t>> counts(static_cast<std::size_t>(resolve_threads(threads)));
  parallel_for(values.size(), threads, [&](std::size_t begin, std::size_t end, int worker) {
    std::vector<std::uint64_t>& own = counts[static_cast<std::size_t>(worker)];
    own.resize(kBins, 0);
    for (std::size_t e = begin; e < end; ++e) count(ordered_bits(values[e]), own);
  });
  Bin bin{0, rank};
  for (; bin.number < kBins; ++bin.number) {
    std::uint64_t inside = 0;
    for (const auto& own : counts) inside += own.empty() ? 0 : own[bin.number];
    if (bin.rank < inside) break;
    bin.rank -= inside;
  }
  return bin;
}

}  // namespace

float nth_value(std::span<const float> values, std::uint64_t rank, int threads) {
  AKIN_ASSERT(rank < values.size());
  using Counts = std::vector<std::uint64_t>;
  const Bin high =
      find_bin(values, rank, threads, [](std::uint32_t bits, Counts& counts) { ++counts[bits >> 16]; });
  const Bin low = find_bin(values, high.rank, threads, [&](std::uint32_t bits, Counts& counts) {
    if (bits >> 16 == high.number) ++counts[bits & 0xFFFFu];
  });
  return value_of(high.number << 16 | low.number);
}

}  // namespace akin
