#include "akin/models/linear/item_gram.h"

#include <algorithm>
#include <atomic>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin {

ItemGram::ItemGram(const Interactions& x, const Context& context)
    : rows_(x.by_item.rows()), diagonal_(x.by_item.rows(), 0.0f) {
  const std::size_t n = rows_.size();
  std::atomic<std::size_t> done{0};
  std::atomic<std::uint64_t> floats{0};
  const double limit = physical_memory() / 4;
  const auto fill = [&](std::size_t i, std::vector<float>& sums) {
    std::ranges::fill(sums, 0.0f);
    const auto users = x.by_item.cols_of(i);
    for (std::size_t e = 0; e < users.size(); ++e) {
      const auto items = x.by_user.cols_of(users[e]);
      const auto values = x.by_user.values_of(users[e]);
      const float value = x.by_item.values_of(i)[e];
      for (std::size_t o = 0; o < items.size(); ++o) sums[items[o]] += value * values[o];
    }
    diagonal_[i] = sums[i];
    const auto entries = n - static_cast<std::size_t>(std::ranges::count(sums, 0.0f));
    Row& row = rows_[i];
    if (entries >= (n + 3) / 4 && entries > 0) {
      row.values = sums;
    } else {
      row.columns.reserve(entries);
      row.values.reserve(entries);
      for (std::size_t c = 0; c < n; ++c) {
        if (sums[c] == 0) continue;
        row.columns.push_back(static_cast<idx_t>(c));
        row.values.push_back(sums[c]);
      }
    }
    return row.columns.size() + row.values.size();
  };
  parallel_for(
      n, context.threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        context.check_stop();
        std::vector<float> sums(n);
        for (std::size_t i = begin; i < end; ++i) floats += fill(i, sums);
        if (static_cast<double>(floats) > limit)
          check_memory(4.0 * static_cast<double>(floats), "slim on items that share so many users",
                       "filter rare items and very long histories out at import");
        const std::size_t finished = done.fetch_add(end - begin) + end - begin;
        if (worker == 0) context.report({.phase = "products", .done = finished, .total = n, .unit = "items"});
      },
      32);
}

void ItemGram::add_row(std::size_t i, float factor, std::span<float> out) const {
  const Row& row = rows_[i];
  if (row.columns.empty()) {
    axpy(factor, row.values.data(), out.data(), row.values.size());
    return;
  }
  for (std::size_t e = 0; e < row.columns.size(); ++e) out[row.columns[e]] += factor * row.values[e];
}

double ItemGram::bytes() const {
  double sum = 0;
  for (const Row& row : rows_) sum += 4.0 * static_cast<double>(row.columns.size() + row.values.size());
  return sum;
}

}  // namespace akin
