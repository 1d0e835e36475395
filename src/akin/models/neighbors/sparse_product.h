// Products of all pairs of rows of a sparse matrix, a row at a time:
// what every neighborhood model is made of.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/topk.h"
#include "akin/models/fit/rows_in_parallel.h"

namespace akin {

/// Sums over what two rows share. `Sum` is a struct whose default is "nothing shared", with
/// void add(float a, float b) for a shared column where the rows have a and b, and bool empty() const.
///
/// Memory: rows x sizeof(Sum). One per thread.
template <typename Sum>
class SparseProduct {
 public:
  /// `by_column` is the transpose of the matrix: its columns are the rows to pair. Not owned.
  explicit SparseProduct(const Csr& by_column) : by_column_(by_column), sums_(by_column.cols) {}

  /// Calls visit(other, sum) once for each row that shares a column with the one given, in the order in which
  /// they are met; each sum is made in the order of the columns. Cost: the sizes of those columns.
  template <typename Visit>
  void row(std::span<const idx_t> columns, std::span<const float> values, Visit&& visit) {
    for (std::size_t e = 0; e < columns.size(); ++e) add_column(columns[e], values[e]);
    for (const idx_t other : touched_) {
      visit(other, static_cast<const Sum&>(sums_[other]));
      sums_[other] = {};
    }
    touched_.clear();
  }

 private:
  void add_column(idx_t column, float value) {
    const auto others = by_column_.cols_of(column);
    const auto values = by_column_.values_of(column);
    for (std::size_t e = 0; e < others.size(); ++e) {
      Sum& sum = sums_[others[e]];
      if (sum.empty()) touched_.push_back(others[e]);
      sum.add(value, values[e]);
    }
  }

  const Csr& by_column_;
  std::vector<Sum> sums_;
  std::vector<idx_t> touched_;
};

/// The rows one after another; each is emptied once copied.
Csr to_csr(std::vector<std::vector<Scored>>& rows);

/// For each row of the matrix the `k` others with the highest positive similarity(row, other, sum), best
/// first. The same bits at any number of threads and ranks, which all have both matrices whole. Memory: the result twice, and rows x sizeof(Sum) a thread.
template <typename Sum, typename Similarity>
Csr nearest_rows(const Csr& by_row, const Csr& by_column, std::size_t k, const Context& context,
                 const Similarity& similarity) {
  auto rows = rows_in_parallel<std::vector<Scored>>(by_row.rows(), "neighbors", context, [&] {
    return [&by_row, &similarity, product = SparseProduct<Sum>(by_column),
            best = TopK(std::min(k, by_row.rows()))](idx_t row) mutable {
      product.row(by_row.cols_of(row), by_row.values_of(row), [&](idx_t other, const Sum& sum) {
        if (other == row) return;
        const float s = similarity(row, other, sum);
        if (s > 0 && s >= best.threshold()) best.push(other, s);
      });
      return best.take();
    };
  });
  return to_csr(rows);
}

}  // namespace akin
