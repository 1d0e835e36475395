// Sums of rows of a table.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

namespace akin::nn {

/// Indices of bags, one bag after the other.
struct BagIds {
  at::Tensor ids;      ///< (all)
  at::Tensor offsets;  ///< (bags): where each begins
};
/// Of the lists (bags, length), 0 = no index, the indices that `keep` wants; it is asked about each in order.
BagIds bag_ids(const at::Tensor& lists,
               const std::function<bool(std::int64_t bag, std::int32_t index)>& keep);

/// (bags, units): for each bag b the sum of the rows ids[offsets[b]] .. ids[offsets[b + 1] - 1] of `table`
/// (rows, units); the last bag ends with `ids`. As at::embedding_bag, which is slower on a CPU and uses one
/// thread; the bits do not depend on the number of threads. The gradient is as large as the table.
at::Tensor row_sums(const at::Tensor& table, const at::Tensor& ids, const at::Tensor& offsets);

/// (samples, units): what rows of zeros and ones times `table` give, without making them: for each list of `lists`
/// (samples, length) the sum of the rows that it names, each once; 0 names none. On the CPU.
at::Tensor sums_of_hot_rows(const at::Tensor& table, const at::Tensor& lists);

}  // namespace akin::nn
