// The sparse product where all entries of a column weigh the same, as with "taken or not":
// several times faster.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/linalg/topk.h"
#include "akin/models/neighbors/candidate_kernel.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {

/// Keeps the k best of many entries with positive scores, in linear time: entries that could be among them go
/// to a buffer, which is cut to the k best when it is full. The same entries as TopK, whatever the order.
class BufferedTopK {
 public:
  explicit BufferedTopK(std::size_t k) : k_(k), limit_(4 * k + 256) { keys_.reserve(limit_); }
  /// What an entry must score to be among the k best; 0 = not known yet.
  float threshold() const { return threshold_; }
  void push(idx_t idx, float score) {
    keys_.push_back(key(idx, score));
    if (keys_.size() == limit_) cut();
  }
  /// The entries, best first; none are left.
  std::vector<Scored> take() {
    cut();
    std::sort(keys_.begin(), keys_.end(), std::greater<>());
    std::vector<Scored> result;
    result.reserve(keys_.size());
    for (const std::uint64_t k : keys_) {
      result.push_back({~static_cast<idx_t>(k), std::bit_cast<float>(static_cast<std::uint32_t>(k >> 32))});
    }
    keys_.clear();
    threshold_ = 0;
    return result;
  }

 private:
  /// Larger for what ranks before: bits of positive floats are in their order.
  static std::uint64_t key(idx_t idx, float score) {
    return (std::uint64_t{std::bit_cast<std::uint32_t>(score)} << 32) | static_cast<std::uint32_t>(~idx);
  }
  void cut() {
    if (keys_.size() <= k_) return;
    const auto last = keys_.begin() + static_cast<std::ptrdiff_t>(k_) - 1;
    std::nth_element(keys_.begin(), last, keys_.end(), std::greater<>());
    threshold_ = std::bit_cast<float>(static_cast<std::uint32_t>(*last >> 32));
    keys_.resize(k_);
  }
  std::size_t k_;  // > 0
  std::size_t limit_;
  float threshold_ = 0;
  std::vector<std::uint64_t> keys_;
};

/// A bar that at least the k largest of positive values reach, and few others; 0 = all reach it. k = 0: 0.
inline float bar_of_best(std::span<const float> values, std::size_t k) {
  if (k == 0 || values.size() <= k) return 0;
  // Bits of positive floats are in their order: a histogram of 32 steps per power of two below the largest.
  constexpr std::uint32_t kSteps = 512, kShift = 18;
  std::uint32_t counts[kSteps] = {};
  std::uint32_t largest = 0;
  for (const float v : values) largest = std::max(largest, std::bit_cast<std::uint32_t>(v));
  for (const float v : values)
    ++counts[std::min((largest - std::bit_cast<std::uint32_t>(v)) >> kShift, kSteps - 1)];
  std::uint32_t step = 0;
  for (std::size_t reached = counts[0]; reached < k; reached += counts[step]) ++step;
  if (step == kSteps - 1) return 0;
  // Rounding down leaves room for that of products.
  return std::bit_cast<float>(largest - std::min(largest, ((step + 1) << kShift) - 1)) * (1 - 1e-6f);
}

/// A matrix's rows by column, renumbered by falling size: the large rows, which most sums go to, lie together
/// in the cache. Index is uint16_t where that is enough, which halves what is read.
template <typename Index>
struct RenumberedColumns {
  RenumberedColumns(const Csr& by_row, const Csr& by_column) : offsets(by_column.offsets) {
    const std::size_t n = by_row.rows();
    old_number.resize(n);
    for (std::size_t r = 0; r < n; ++r) old_number[r] = static_cast<idx_t>(r);
    std::ranges::stable_sort(old_number,
                             [&](idx_t a, idx_t b) { return by_row.row_size(a) > by_row.row_size(b); });
    // Rows put into their columns one after another are ascending there.
    rows.resize(by_column.entries());
    std::vector<std::uint64_t> next(offsets.begin(), offsets.end() - 1);
    for (std::size_t r = 0; r < n; ++r) {
      for (const idx_t column : by_row.cols_of(old_number[r])) rows[next[column]++] = static_cast<Index>(r);
    }
  }
  std::vector<std::uint64_t> offsets;
  std::vector<Index> rows;        // new numbers, ascending in a column
  std::vector<idx_t> old_number;  // of each new one
};

/// Sums over what a row shares with each other row. One per thread.
template <typename Index, typename Count>
class UniformProduct {
 public:
  /// `squares` = squared weight of each column, empty = 1. `factors` as in ProductCells, by new number. No
  /// row has more columns than a Count holds. `counted` = the bars look at the columns shared; without, sums
  /// of squares are all that is kept. Neither `columns` nor `squares` is owned.
  UniformProduct(const RenumberedColumns<Index>& columns, std::span<const float> squares,
                 std::span<const float> factors, bool counted)
      : columns_(columns),
        squares_(squares),
        n_cells_((factors.size() + kCellBlock - 1) / kCellBlock * kCellBlock),
        counts_(counted || squares.empty() ? n_cells_ / kCellBlock : 0),
        sums_(1, squares.empty() ? 0 : n_cells_),
        factors_(1, n_cells_),
        bounds_(n_cells_ / kCellBlock),
        touched_(factors.size() + 1),
        numbers_(kChunk + kCellBlock),
        values_(n_cells_ + kChunk) {
    std::ranges::copy(factors, factors_.row(0));
    cells_ = {counts_.empty() ? nullptr : counts_[0].cells, squares.empty() ? nullptr : sums_.row(0),
              factors_.row(0), bounds_.data()};
    for (std::size_t b = 0; b < bounds_.size(); ++b) {
      const auto block = std::span(factors_.row(0), n_cells_).subspan(b * kCellBlock, kCellBlock);
      bounds_[b] = *std::ranges::max_element(block);
    }
  }

  /// Calls visit(new number, v_j) for each other row's cell with v_j as in take_candidates() and at least
  /// bar.value, which visit() may raise: some below the new bar may still come. If `enough` > 0, cells whose
  /// v_j is not among the `enough` largest may be left out.
  template <typename Visit>
  void row(std::span<const idx_t> row_columns, const CandidateBar& bar, std::size_t enough, Visit&& visit) {
    std::size_t additions = 0;
    for (const idx_t column : row_columns) additions += rows_of(column).size();
    // Reading all cells costs less than noting which were touched, unless few are.
    if (additions * kCellsPerAddition < n_cells_) {
      sparse_row(row_columns, bar, enough, visit);
    } else {
      dense_row(row_columns, bar, visit);
    }
  }

 private:
  static constexpr std::size_t kChunk = 8 * kCellBlock;
  static constexpr std::size_t kCellsPerAddition = 6;
  struct alignas(64) Block {
    Count cells[kCellBlock] = {};
  };

  std::span<const Index> rows_of(idx_t column) const {
    return {columns_.rows.data() + columns_.offsets[column],
            columns_.offsets[column + 1] - columns_.offsets[column]};
  }

  /// Calls add(row, squared weight) for each entry of the columns.
  template <typename Add>
  void add_columns(std::span<const idx_t> row_columns, Add&& add) {
    for (const idx_t column : row_columns) {
      const float square = cells_.sums ? squares_[column] : 0;
      const auto rows = rows_of(column);
      const Index* other = rows.data();
      const Index* const end = other + rows.size();
      // Four at a time: else the loop itself costs as much as the additions.
      for (; end - other >= 4; other += 4) {
        const Index a = other[0], b = other[1], c = other[2], d = other[3];
        add(a, square);
        add(b, square);
        add(c, square);
        add(d, square);
      }
      for (; other != end; ++other) add(*other, square);
    }
  }

  /// Adds the columns; notes each row met for which add(row, square) says that it is new. Returns how many.
  template <typename Add>
  std::size_t touch(std::span<const idx_t> row_columns, Add&& add) {
    std::size_t n = 0;
    Index* const touched = touched_.data();
    add_columns(row_columns, [&](Index other, float square) {
      touched[n] = other;
      n += add(other, square) ? 1 : 0;
    });
    return n;
  }

  std::size_t touch(std::span<const idx_t> row_columns) {
    Count* const counts = cells_.counts;
    float* const sums = cells_.sums;
    if (!sums) return touch(row_columns, [=](Index other, float) { return counts[other]++ == 0; });
    if (counts) {
      return touch(row_columns, [=](Index other, float square) {
        sums[other] += square;
        return counts[other]++ == 0;
      });
    }
    return touch(row_columns, [=](Index other, float square) {
      const bool fresh = std::bit_cast<std::uint32_t>(sums[other]) == 0;
      sums[other] += square;
      return fresh;
    });
  }

  template <typename Visit>
  void sparse_row(std::span<const idx_t> row_columns, const CandidateBar& bar, std::size_t enough,
                  Visit& visit) {
    const std::size_t n = touch(row_columns);
    for (std::size_t t = 0; t < n; ++t) {
      const Index other = touched_[t];
      const float common = cells_.counts ? static_cast<float>(cells_.counts[other]) : 1.0f;
      const float v = candidate_value(cells_.sums ? cells_.sums[other] : common, common,
                                      cells_.factors[other], bar.shrinkage);
      values_[t] = common >= bar.least_common ? v : 0;
      if (cells_.counts) cells_.counts[other] = 0;
      if (cells_.sums) cells_.sums[other] = 0;
    }
    const float least = std::max(bar.value, bar_of_best({values_.data(), n}, enough));
    std::size_t kept = 0;  // without a branch that is hard to predict
    for (std::size_t t = 0; t < n; ++t) {
      touched_[kept] = touched_[t];
      values_[kept] = values_[t];
      kept += values_[t] >= least ? 1 : 0;
    }
    for (std::size_t t = 0; t < kept; ++t) visit(static_cast<idx_t>(touched_[t]), values_[t]);
  }

  template <typename Visit>
  void dense_row(std::span<const idx_t> row_columns, const CandidateBar& bar, Visit& visit) {
    Count* const counts = cells_.counts;
    float* const sums = cells_.sums;
    if (!sums) {
      add_columns(row_columns, [=](Index other, float) { ++counts[other]; });
    } else if (counts) {
      add_columns(row_columns, [=](Index other, float square) {
        sums[other] += square;
        ++counts[other];
      });
    } else {
      add_columns(row_columns, [=](Index other, float square) { sums[other] += square; });
    }
    for (std::size_t begin = 0; begin < n_cells_; begin += kChunk) {
      const std::size_t end = std::min(n_cells_, begin + kChunk);
      const std::size_t found = take_candidates(cells_, begin, end, bar, numbers_.data(), values_.data());
      for (std::size_t c = 0; c < found; ++c) visit(numbers_[c], values_[c]);
    }
  }

  const RenumberedColumns<Index>& columns_;
  std::span<const float> squares_;
  std::size_t n_cells_;
  std::vector<Block> counts_;
  Matrix sums_, factors_;
  std::vector<float> bounds_;
  ProductCells<Count> cells_;
  // One more than there are rows: an entry is written before it is known to be new.
  std::vector<Index> touched_;
  std::vector<idx_t> numbers_;
  std::vector<float> values_;
};

}  // namespace akin
