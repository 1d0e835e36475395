// Sums of rows of a table.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace akin::nn {

/// Of a list of `length` indices, how many there are before the zeros at its end, most of many a short list.
std::int64_t length_of(const std::int32_t* list, std::int64_t length);

/// Indices of bags, one bag after the other.
struct BagIds {
  at::Tensor ids;      ///< (all)
  at::Tensor offsets;  ///< (bags): where each begins
};
/// Of the lists (bags, length), 0 = no index, the indices that `keep` wants; it is asked about each in order.
template <typename Keep>  // bool(std::int64_t bag, std::int32_t index)
BagIds bag_ids(const at::Tensor& lists, Keep keep) {
  const at::Tensor host = lists.to(at::kCPU, at::kInt).contiguous();
  const std::int64_t bags = host.size(0), length = host.size(1);
  const auto* index = host.data_ptr<std::int32_t>();
  std::vector<std::int64_t> ids;
  at::Tensor offsets = at::empty({bags}, at::kLong);
  std::size_t kept = 0;
  for (std::int64_t bag = 0; bag < bags; ++bag, index += length) {
    offsets.data_ptr<std::int64_t>()[bag] = static_cast<std::int64_t>(kept);
    const std::int64_t end = length_of(index, length);
    ids.resize(kept + static_cast<std::size_t>(end));
    for (std::int64_t i = 0; i < end; ++i) {
      ids[kept] = index[i];
      kept += index[i] != 0 && keep(bag, index[i]) ? 1 : 0;  // no jumps: those of a dropout are unforeseeable
    }
  }
  ids.resize(kept);
  return {at::tensor(ids, at::kLong).to(lists.device()), offsets.to(lists.device())};
}

/// (bags, units): for each bag b the sum of the rows ids[offsets[b]] .. ids[offsets[b + 1] - 1] of `table`
/// (rows, units); the last bag ends with `ids`. As at::embedding_bag, which is slower on a CPU and uses one
/// thread; the bits do not depend on the number of threads. The gradient is as large as the table.
at::Tensor row_sums(const at::Tensor& table, const at::Tensor& ids, const at::Tensor& offsets);

/// (samples, units): what rows of zeros and ones times `table` give, without making them: for each list of `lists`
/// (samples, length) the sum of the rows that it names, each once; 0 names none. On the CPU.
at::Tensor sums_of_hot_rows(const at::Tensor& table, const at::Tensor& lists);

}  // namespace akin::nn
