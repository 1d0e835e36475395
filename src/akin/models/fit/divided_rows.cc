#include "akin/models/fit/divided_rows.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace akin {

Share ordered_share(const DividedRows& own, const Communicator& ranks) {
  return own.total == 0 ? Share{0, own.rows} : equal_share(own.total, ranks.rank(), ranks.size());
}

void rows_in_order(const Communicator& ranks, const DividedRows& own, float* out, std::size_t stride) {
  if (own.total == 0) {
    for (std::size_t r = 0; r < own.rows; ++r)
      std::copy_n(own.data + r * own.stride, own.cols, out + r * stride);
    return;
  }
  // Rows that a rank gets at a time.
  const std::size_t piece =
      std::max<std::size_t>(1, (std::size_t{1} << 18) / std::max<std::size_t>(1, own.cols));
  std::vector<idx_t> order(own.rows);
  std::iota(order.begin(), order.end(), idx_t{0});
  const auto number = [&](idx_t row) { return own.numbers[row]; };
  std::ranges::sort(order, {}, number);
  const std::size_t first = ordered_share(own, ranks).begin;
  const auto size = static_cast<std::size_t>(ranks.size());
  for (std::size_t begin = 0; begin < own.total / size + 1; begin += piece) {
    std::vector<std::vector<idx_t>> numbers(size);
    std::vector<std::vector<float>> rows(size);
    for (std::size_t r = 0; r < size; ++r) {
      const Share share = equal_share(own.total, static_cast<int>(r), ranks.size());
      const std::size_t from = std::min(share.end, share.begin + begin),
                        until = std::min(share.end, from + piece);
      for (auto row = std::ranges::lower_bound(order, from, {}, number);
           row != order.end() && number(*row) < until; ++row) {
        const float* const values = own.data + *row * own.stride;
        numbers[r].push_back(number(*row));
        rows[r].insert(rows[r].end(), values, values + own.cols);
      }
    }
    const std::vector<idx_t> got = exchange_all(ranks, numbers);
    const std::vector<float> values = exchange_all(ranks, rows);
    for (std::size_t k = 0; k < got.size(); ++k)
      std::copy_n(values.data() + k * own.cols, own.cols, out + (got[k] - first) * stride);
  }
}

}  // namespace akin
