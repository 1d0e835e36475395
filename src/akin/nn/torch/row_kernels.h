// Sums of rows of a table of floats, vectorized for the processor at hand.
#pragma once

#include <cstddef>
#include <cstdint>

namespace akin::nn {

/// Lists of rows, one after the other: list l holds ids[offsets[l]] .. ids[offsets[l + 1] - 1], the last one ends with
/// `ids`. Tables and sums are `width` wide.
struct RowLists {
  const std::int64_t* ids;
  const std::int64_t* offsets;
  std::size_t lists, count, width;

  std::size_t begin(std::size_t list) const {
    return list < lists ? static_cast<std::size_t>(offsets[list]) : count;
  }
};

/// sums[l] = the sum of list l's rows of `table`, in their order, for columns `begin` .. `end` - 1.
void sum_rows(const RowLists& lists, const float* table, std::size_t begin, std::size_t end, float* sums);

}  // namespace akin::nn
