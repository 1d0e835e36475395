// The vectorized search for the cells of a sparse product that could be among the nearest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "akin/linalg/csr.h"

namespace akin {

/// Cells of a row's products with other rows; arrays of whole multiples of kCellBlock.
template <typename Count>
struct ProductCells {
  Count* counts;         ///< columns shared; nullptr = not looked at: without shrinkage, least_common <= 1
  float* sums;           ///< of squared column weights over them; nullptr = the counts (not both)
  const float* factors;  ///< of each other row, 0 where there is none
  const float* bounds;   ///< of each block: the largest of its factors
};
/// Cells per block: a block is looked into only if a cell of it could reach the bar with the largest factor.
/// Rows of about the same size should lie together.
inline constexpr std::size_t kCellBlock = 64;

/// What a cell must reach.
struct CandidateBar {
  float shrinkage = 0;
  float least_common = 1;
  float value = std::numeric_limits<float>::min();  ///< > 0
};

/// Writes number j and value v_j = sum_j factor_j n_j / (n_j + shrinkage) of the cells in [begin, end) with
/// v_j >= bar.value and n_j >= bar.least_common, in order, and makes all of them zero. Both bounds are
/// multiples of kCellBlock; the outputs have room for end - begin + kCellBlock. Returns how many there are.
/// The same bits with every instruction set.
std::size_t take_candidates(const ProductCells<std::uint16_t>& cells, std::size_t begin, std::size_t end,
                            const CandidateBar& bar, idx_t* numbers, float* values);
std::size_t take_candidates(const ProductCells<std::uint32_t>& cells, std::size_t begin, std::size_t end,
                            const CandidateBar& bar, idx_t* numbers, float* values);

/// v_j of one cell, as above.
inline float candidate_value(float sum, float common, float factor, float shrinkage) {
  const float v = sum * factor;
  return shrinkage > 0 ? v * common / (common + shrinkage) : v;
}

namespace reference {
/// The same, a cell at a time.
template <typename Count>
std::size_t take_candidates(const ProductCells<Count>& cells, std::size_t begin, std::size_t end,
                            const CandidateBar& bar, idx_t* numbers, float* values) {
  std::size_t found = 0;
  for (std::size_t j = begin; j < end; ++j) {
    const float common = cells.counts ? static_cast<float>(cells.counts[j]) : 1.0f;
    const float v =
        candidate_value(cells.sums ? cells.sums[j] : common, common, cells.factors[j], bar.shrinkage);
    if (cells.counts) cells.counts[j] = 0;
    if (cells.sums) cells.sums[j] = 0;
    if (!(v >= bar.value && common >= bar.least_common)) continue;
    numbers[found] = static_cast<idx_t>(j);
    values[found++] = v;
  }
  return found;
}
}  // namespace reference

}  // namespace akin
