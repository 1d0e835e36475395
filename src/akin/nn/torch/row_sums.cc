#include "akin/nn/torch/row_sums.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "akin/nn/torch/row_kernels.h"

namespace akin::nn {
namespace {

/// Columns at a time: those of a table of some thousand rows stay in the cache of a processor.
constexpr std::int64_t kColumns = 128;
/// Threads share columns out by so many, a line of the cache.
constexpr std::int64_t kUnit = 16;

/// As of floats.
void sum_rows(const RowLists& lists, const double* table, std::size_t begin, std::size_t end, double* sums) {
  for (std::size_t list = 0; list < lists.lists; ++list) {
    double* const sum = sums + list * lists.width;
    std::fill(sum + begin, sum + end, 0.0);
    for (std::size_t at = lists.begin(list); at < lists.begin(list + 1); ++at) {
      const double* const row = table + static_cast<std::size_t>(lists.ids[at]) * lists.width;
      for (std::size_t column = begin; column < end; ++column) sum[column] += row[column];
    }
  }
}

template <typename T>
at::Tensor summed(const BagIds& bags, const at::Tensor& table) {
  const at::Tensor from = table.contiguous();
  const std::int64_t width = from.size(1);
  const at::Tensor sums = at::empty({bags.offsets.size(0), width}, from.options());
  const RowLists lists{bags.ids.data_ptr<std::int64_t>(), bags.offsets.data_ptr<std::int64_t>(),
                       static_cast<std::size_t>(bags.offsets.size(0)),
                       static_cast<std::size_t>(bags.ids.size(0)), static_cast<std::size_t>(width)};
  const T* const source = from.data_ptr<T>();
  T* const target = sums.data_ptr<T>();
  const auto work = [&](std::int64_t first, std::int64_t last) {
    const std::int64_t stop = std::min(width, last * kUnit);
    for (std::int64_t begin = first * kUnit; begin < stop; begin += kColumns) {
      sum_rows(lists, source, static_cast<std::size_t>(begin),
               static_cast<std::size_t>(std::min(stop, begin + kColumns)), target);
    }
  };
  at::parallel_for(0, (width + kUnit - 1) / kUnit, kColumns / kUnit, work);
  return sums;
}

at::Tensor sums_of(const BagIds& bags, const at::Tensor& table) {
  return table.scalar_type() == at::kDouble ? summed<double>(bags, table) : summed<float>(bags, table);
}

/// For each of `rows` rows the bags that name it, in their order.
BagIds transposed(const BagIds& bags, std::int64_t rows) {
  const std::int64_t count = bags.ids.size(0), n_bags = bags.offsets.size(0);
  const auto *id = bags.ids.data_ptr<std::int64_t>(), *offset = bags.offsets.data_ptr<std::int64_t>();
  std::vector<std::int64_t> next(static_cast<std::size_t>(rows) + 1, 0);  // place of a row's next bag
  for (std::int64_t i = 0; i < count; ++i) ++next[static_cast<std::size_t>(id[i]) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  BagIds result{at::empty_like(bags.ids), at::empty({rows}, bags.ids.options())};
  std::copy_n(next.begin(), rows, result.offsets.data_ptr<std::int64_t>());
  auto* const named = result.ids.data_ptr<std::int64_t>();
  for (std::int64_t bag = 0; bag < n_bags; ++bag) {
    const std::int64_t last = bag + 1 < n_bags ? offset[bag + 1] : count;
    for (std::int64_t i = offset[bag]; i < last; ++i) named[next[static_cast<std::size_t>(id[i])]++] = bag;
  }
  return result;
}

class RowSums : public torch::autograd::Function<RowSums> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& table,
                            const at::Tensor& ids, const at::Tensor& offsets) {
    context->save_for_backward({ids, offsets});
    context->saved_data["rows"] = table.size(0);
    return sums_of({ids, offsets}, table);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const BagIds bags = transposed({saved[0], saved[1]}, context->saved_data["rows"].toInt());
    return {sums_of(bags, gradients[0]), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

std::int64_t length_of(const std::int32_t* list, std::int64_t length) {
  constexpr std::int64_t kAtOnce = 16;
  for (; length >= kAtOnce; length -= kAtOnce) {
    std::int32_t any = 0;
    for (std::int64_t i = length - kAtOnce; i < length; ++i) any |= list[i];
    if (any != 0) break;
  }
  while (length > 0 && list[length - 1] == 0) --length;
  return length;
}

at::Tensor sums_of_hot_rows(const at::Tensor& table, const at::Tensor& lists) {
  std::vector<std::int64_t> last_bag(static_cast<std::size_t>(table.size(0)), -1);
  const BagIds different = bag_ids(lists, [&](std::int64_t bag, std::int32_t index) {
    return std::exchange(last_bag[static_cast<std::size_t>(index)], bag) != bag;
  });
  return row_sums(table, different.ids, different.offsets);
}

at::Tensor row_sums(const at::Tensor& table, const at::Tensor& ids, const at::Tensor& offsets) {
  if (!table.device().is_cpu()) return std::get<0>(at::embedding_bag(table, ids, offsets));
  return RowSums::apply(table, ids, offsets);
}

}  // namespace akin::nn
