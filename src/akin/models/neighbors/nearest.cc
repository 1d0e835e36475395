#include "akin/models/neighbors/nearest.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "akin/models/neighbors/uniform_product.h"

namespace akin {
namespace {

using Sum = SimilarityMeasure::Sum;

/// Numbers of a row that make a similarity's upper bound from one multiplication each.
struct BoundTables {
  std::vector<float> own, other;  ///< by row: factors of the row whose list is made, and of another one
  std::vector<float> shrink;      ///< n / (n + shrinkage) by n, the last for all above
  double inverse_power = 1;

  BoundTables(const SimilarityRows& rows, ListOf side)
      : inverse_power(1 / static_cast<double>(rows.spec.power)) {
    for (const auto& row : rows.stats) {
      const float left = row.left * row.gain, right = row.right * row.gain;
      own.push_back(side == ListOf::kLeft ? left : right);
      other.push_back(side == ListOf::kLeft ? right : left);
    }
    constexpr std::size_t kShrinkTable = 4096;
    shrink.assign(kShrinkTable, 1.0f);
    for (std::size_t n = 0; n + 1 < kShrinkTable; ++n)
      shrink[n] = static_cast<float>(static_cast<double>(n) / (static_cast<double>(n) + rows.spec.shrinkage));
  }
};

/// Makes the list of one row after another.
template <typename Index, typename Cells>
class UniformSearch {
 public:
  UniformSearch(const SimilarityRows& rows, const RenumberedColumns<Index>& columns,
                const BoundTables& tables, const Cells& cells, std::pair<std::size_t, ListOf> lists)
      : rows_(rows),
        columns_(columns),
        tables_(tables),
        product_(columns, cells),
        best_(lists.first),
        side_(lists.second) {}

  std::vector<Scored> operator()(idx_t new_number) {
    const idx_t row = columns_.old_number[new_number];
    if (rows_.measure.is_product()) {
      product_row(row);
    } else {
      product_.row(rows_.rows.cols_of(row),
                   [&](idx_t other, typename Cells::Cell cell) { push(row, other, cell); });
    }
    return best_.take();
  }

 private:
  /// Looks closer only at pairs that could enter the list.
  void product_row(idx_t row) {
    const float* const factors = tables_.other.data();
    const float* const shrink = tables_.shrink.data();
    const auto last = static_cast<std::uint32_t>(tables_.shrink.size() - 1);
    float threshold = best_.threshold(), bar = 0;
    product_.row(rows_.rows.cols_of(row), [&](idx_t other, typename Cells::Cell cell) {
      const std::uint32_t common = Cells::common(cell);
      const float bound = product_.cells().dot(cell) * factors[other] * shrink[std::min(common, last)];
      if (bound < bar) return;
      push(row, other, cell);
      if (best_.threshold() == threshold) return;
      threshold = best_.threshold();
      bar = bar_for(row, threshold);
    });
  }

  /// What the bound of a pair is at least if its similarity is `threshold`, with room for rounding.
  float bar_for(idx_t row, float threshold) const {
    const double s = std::pow(static_cast<double>(threshold), tables_.inverse_power);
    return static_cast<float>(s / static_cast<double>(tables_.own[row]) * (1 - 1e-5));
  }

  void push(idx_t row, idx_t other_number, typename Cells::Cell cell) {
    const idx_t other = columns_.old_number[other_number];
    if (other == row) return;
    const SimilarityMeasure::Row &a = rows_.stats[row], &b = rows_.stats[other];
    const Sum sum{product_.cells().dot(cell) * a.gain * b.gain, Cells::common(cell)};
    const float s =
        side_ == ListOf::kLeft ? rows_.measure.similarity(a, b, sum) : rows_.measure.similarity(b, a, sum);
    if (s > 0 && s >= best_.threshold()) best_.push(other, s);
  }

  const SimilarityRows& rows_;
  const RenumberedColumns<Index>& columns_;
  const BoundTables& tables_;
  UniformProduct<Index, Cells> product_;
  BufferedTopK best_;
  ListOf side_;
};

template <typename Index, typename Cells>
Csr uniform_rows(const SimilarityRows& rows, std::pair<std::size_t, ListOf> lists, const Context& context,
                 const Cells& cells) {
  const RenumberedColumns<Index> columns(rows.rows, rows.columns);
  BoundTables tables(rows, lists.second);
  std::vector<float> renumbered(tables.other.size());
  for (std::size_t r = 0; r < renumbered.size(); ++r) renumbered[r] = tables.other[columns.old_number[r]];
  tables.other = std::move(renumbered);
  auto found = rows_in_parallel<std::vector<Scored>>(rows.rows.rows(), "neighbours", context, [&] {
    return UniformSearch<Index, Cells>(rows, columns, tables, cells, lists);
  });
  std::vector<std::vector<Scored>> by_row(found.size());
  for (std::size_t r = 0; r < found.size(); ++r) by_row[columns.old_number[r]] = std::move(found[r]);
  return to_csr(by_row);
}

template <typename Cells>
Csr uniform_rows(const SimilarityRows& rows, std::pair<std::size_t, ListOf> lists, const Context& context,
                 const Cells& cells) {
  return rows.rows.rows() <= 65536 ? uniform_rows<std::uint16_t>(rows, lists, context, cells)
                                   : uniform_rows<std::uint32_t>(rows, lists, context, cells);
}

}  // namespace

Csr reference::nearest_rows(const SimilarityRows& rows, std::size_t k, ListOf side, const Context& context) {
  return akin::nearest_rows<Sum>(rows.rows, rows.columns, k, context, [&](idx_t x, idx_t y, const Sum& sum) {
    const SimilarityMeasure::Row &a = rows.stats[x], &b = rows.stats[y];
    return side == ListOf::kLeft ? rows.measure.similarity(a, b, sum) : rows.measure.similarity(b, a, sum);
  });
}

Csr nearest_rows(const SimilarityRows& rows, std::size_t k, ListOf side, const Context& context) {
  std::size_t largest = 0;
  for (std::size_t r = 0; r < rows.rows.rows(); ++r) largest = std::max(largest, rows.rows.row_size(r));
  if (!rows.uniform || k == 0 || largest >= (std::size_t{1} << 24))
    return reference::nearest_rows(rows, k, side, context);
  const std::pair lists{std::min(k, rows.rows.rows()), side};
  const std::span<const float> weights = rows.measure.column_weights();
  if (weights.empty()) {
    return largest < 65536 ? uniform_rows(rows, lists, context, CountCells<std::uint16_t>())
                           : uniform_rows(rows, lists, context, CountCells<std::uint32_t>());
  }
  std::vector<float> squares(weights.begin(), weights.end());
  for (float& w : squares) w *= w;
  const float most = *std::ranges::max_element(squares);
  return uniform_rows(rows, lists, context, WeightCells{squares, most, 1});
}

}  // namespace akin
