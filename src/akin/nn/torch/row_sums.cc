#include "akin/nn/torch/row_sums.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin::nn {
namespace {

/// Columns at a time: those of a table of some thousand rows stay in the cache of a processor.
constexpr std::size_t kColumns = 128;

template <typename T>
void add(const T* x, T* y, std::size_t n) {
  if constexpr (std::is_same_v<T, float>) {
    axpy(1, x, y, n);
  } else {
    for (std::size_t i = 0; i < n; ++i) y[i] += x[i];
  }
}

/// Row by row, to zeros: from[id] is added to to[bag], or with `back` from[bag] to to[id].
template <typename T>
void add_rows(const at::Tensor& ids, const at::Tensor& offsets, const at::Tensor& from, const at::Tensor& to,
              bool back) {
  const auto width = static_cast<std::size_t>(from.size(1));
  const auto bags = static_cast<std::size_t>(offsets.size(0));
  const auto* id = ids.data_ptr<std::int64_t>();
  const auto* offset = offsets.data_ptr<std::int64_t>();
  const T* source = from.data_ptr<T>();
  T* target = to.data_ptr<T>();
  const auto rows = static_cast<std::size_t>(to.size(0));
  const auto columns = [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t row = 0; row < rows; ++row)
      std::fill(target + row * width + begin, target + row * width + end, T{0});
    for (std::size_t bag = 0; bag < bags; ++bag) {
      const std::int64_t last = bag + 1 < bags ? offset[bag + 1] : ids.size(0);
      for (std::int64_t i = offset[bag]; i < last; ++i) {
        const auto row = static_cast<std::size_t>(id[i]);
        add(source + (back ? bag : row) * width + begin, target + (back ? row : bag) * width + begin,
            end - begin);
      }
    }
  };
  parallel_for(width, at::get_num_threads(), columns, kColumns);
}

at::Tensor added_rows(const at::Tensor& ids, const at::Tensor& offsets, const at::Tensor& from,
                      std::int64_t rows, bool back) {
  const at::Tensor to = at::empty({rows, from.size(1)}, from.options());
  if (from.scalar_type() == at::kDouble)
    add_rows<double>(ids, offsets, from.contiguous(), to, back);
  else
    add_rows<float>(ids, offsets, from.contiguous(), to, back);
  return to;
}

class RowSums : public torch::autograd::Function<RowSums> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& table,
                            const at::Tensor& ids, const at::Tensor& offsets) {
    context->save_for_backward({ids, offsets});
    context->saved_data["rows"] = table.size(0);
    return added_rows(ids, offsets, table, offsets.size(0), false);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    return {added_rows(saved[0], saved[1], gradients[0], context->saved_data["rows"].toInt(), true),
            at::Tensor(), at::Tensor()};
  }
};

}  // namespace

BagIds bag_ids(const at::Tensor& lists,
               const std::function<bool(std::int64_t bag, std::int32_t index)>& keep) {
  const at::Tensor host = lists.to(at::kCPU, at::kInt).contiguous();
  const std::int64_t bags = host.size(0), length = host.size(1);
  const auto* index = host.data_ptr<std::int32_t>();
  std::vector<std::int64_t> ids, offsets;
  for (std::int64_t bag = 0; bag < bags; ++bag) {
    offsets.push_back(static_cast<std::int64_t>(ids.size()));
    for (std::int64_t i = bag * length; i < (bag + 1) * length; ++i) {
      if (index[i] != 0 && keep(bag, index[i])) ids.push_back(index[i]);
    }
  }
  return {at::tensor(ids, at::kLong).to(lists.device()), at::tensor(offsets, at::kLong).to(lists.device())};
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
