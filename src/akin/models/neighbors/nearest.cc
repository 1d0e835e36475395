#include "akin/models/neighbors/nearest.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "akin/models/neighbors/uniform_product.h"

namespace akin {
namespace {

using Sum = SimilarityMeasure::Sum;

/// What the fit of all rows shares.
struct Task {
  const SimilarityRows& rows;
  std::size_t k;
  ListOf side;
  std::vector<float> squares;  ///< of the column weights; empty = all 1

  /// Whether the number of columns shared matters.
  bool counted() const {
    return !rows.measure.is_product() || rows.spec.shrinkage > 0 || rows.spec.min_overlap > 1;
  }
  /// Factors of a product similarity: of the row whose list is made, and of another one.
  float own(idx_t row) const { return factor(row, side == ListOf::kLeft); }
  float other(idx_t row) const { return factor(row, side != ListOf::kLeft); }

 private:
  float factor(idx_t row, bool left) const {
    const SimilarityMeasure::Row& stats = rows.stats[row];
    return (left ? stats.left : stats.right) * stats.gain;
  }
};

/// Makes the list of one row after another.
template <typename Index, typename Count>
class UniformSearch {
 public:
  UniformSearch(const Task& task, const RenumberedColumns<Index>& columns, std::span<const float> factors)
      : task_(task),
        columns_(columns),
        product_(columns, task.squares, factors, task.counted()),
        best_(task.k) {}

  std::vector<Scored> operator()(idx_t new_number) {
    const idx_t row = columns_.old_number[new_number];
    return task_.rows.measure.is_product() ? product_list(row) : list(row);
  }

 private:
  const SimilaritySpec& spec() const { return task_.rows.spec; }

  /// A candidate's value is its similarity but for the row's own factor and the power, neither of which
  /// changes the order.
  std::vector<Scored> product_list(idx_t row) {
    const float own = task_.own(row);
    CandidateBar bar{spec().shrinkage, static_cast<float>(spec().min_overlap)};
    float threshold = 0;
    // One more: the row itself is met too.
    product_.row(task_.rows.rows.cols_of(row), bar, task_.k + 1, [&](idx_t number, float value) {
      const idx_t other = columns_.old_number[number];
      const float score = value * own;
      if (other == row || score < best_.threshold() || !(score > 0)) return;
      best_.push(other, score);
      if (best_.threshold() == threshold) return;
      threshold = best_.threshold();
      bar.value = std::max(bar.value, threshold / own * (1 - 1e-6f));
    });
    std::vector<Scored> found = best_.take();
    if (spec().power == 1) return found;
    for (Scored& entry : found) entry.score = std::pow(entry.score, spec().power);
    std::erase_if(found, [](const Scored& entry) { return !(entry.score > 0); });
    std::ranges::sort(found, ranks_before);  // powers may tie
    return found;
  }

  /// A candidate's value is the number of columns shared.
  std::vector<Scored> list(idx_t row) {
    const CandidateBar bar{0, static_cast<float>(spec().min_overlap)};
    const SimilarityMeasure& measure = task_.rows.measure;
    const SimilarityMeasure::Row& own = task_.rows.stats[row];
    product_.row(task_.rows.rows.cols_of(row), bar, 0, [&](idx_t number, float common) {
      const idx_t other = columns_.old_number[number];
      if (other == row) return;
      const Sum sum{common, static_cast<std::uint32_t>(common)};
      const SimilarityMeasure::Row& stats = task_.rows.stats[other];
      const float s = task_.side == ListOf::kLeft ? measure.similarity(own, stats, sum)
                                                  : measure.similarity(stats, own, sum);
      if (s > 0 && s >= best_.threshold()) best_.push(other, s);
    });
    return best_.take();
  }

  const Task& task_;
  const RenumberedColumns<Index>& columns_;
  UniformProduct<Index, Count> product_;
  BufferedTopK best_;
};

template <typename Index, typename Count>
Csr uniform_rows(const Task& task, const Context& context) {
  const RenumberedColumns<Index> columns(task.rows.rows, task.rows.columns);
  const std::size_t n = columns.old_number.size();
  std::vector<float> factors(n, 1.0f);
  if (task.rows.measure.is_product())
    std::ranges::transform(columns.old_number, factors.begin(), [&](idx_t row) { return task.other(row); });
  auto found = rows_in_parallel<std::vector<Scored>>(
      n, "neighbors", context, [&] { return UniformSearch<Index, Count>(task, columns, factors); });
  std::vector<std::vector<Scored>> by_row(n);
  for (std::size_t r = 0; r < n; ++r) by_row[columns.old_number[r]] = std::move(found[r]);
  return to_csr(by_row);
}

template <typename Count>
Csr uniform_rows(const Task& task, const Context& context) {
  return task.rows.rows.rows() <= 65536 ? uniform_rows<std::uint16_t, Count>(task, context)
                                        : uniform_rows<std::uint32_t, Count>(task, context);
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
  // Counts of 2^24 and more are not exact as floats.
  if (!rows.uniform || k == 0 || largest >= (std::size_t{1} << 24))
    return reference::nearest_rows(rows, k, side, context);
  Task task{rows, std::min(k, rows.rows.rows()), side, {}};
  for (const float weight : rows.measure.column_weights()) task.squares.push_back(weight * weight);
  return largest < 65536 ? uniform_rows<std::uint16_t>(task, context)
                         : uniform_rows<std::uint32_t>(task, context);
}

}  // namespace akin
