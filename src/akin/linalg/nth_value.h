// Order statistics.
#pragma once

#include <cstdint>
#include <span>

namespace akin {

/// The value of rank `rank`, counted from 0, when `values` ascend; rank < values.size(), no NaN. By counting
/// the upper halves of the numbers' bits, then the lower halves of those in the middle, so the values are
/// neither copied nor moved. The same at any number of threads, which are as for parallel_for(). Cost: O(n),
/// and 512 kB per thread.
float nth_value(std::span<const float> values, std::uint64_t rank, int threads);

}  // namespace akin
