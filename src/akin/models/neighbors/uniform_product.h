// The sparse product where all entries of a column weigh the same, as with "taken or not": several times
// faster.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "akin/linalg/topk.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {

/// Keeps the k best of many entries, in linear time: entries that could be among them go to a buffer, which
/// is cut to the k best whenever it is full. The same entries as TopK, whatever the order.
class BufferedTopK {
 public:
  explicit BufferedTopK(std::size_t k) : k_(k) { buffer_.reserve(4 * k + 64); }
  /// An entry must have at least this score.
  float threshold() const { return threshold_; }
  void push(idx_t idx, float score) {
    buffer_.push_back({idx, score});
    if (buffer_.size() == buffer_.capacity()) cut();
  }
  /// The entries, best first; none are left.
  std::vector<Scored> take() {
    cut();
    std::sort(buffer_.begin(), buffer_.end(), ranks_before);
    std::vector<Scored> result(buffer_.begin(), buffer_.end());
    buffer_.clear();
    threshold_ = -std::numeric_limits<float>::infinity();
    return result;
  }

 private:
  void cut() {
    if (buffer_.size() <= k_) return;
    const auto last = buffer_.begin() + static_cast<std::ptrdiff_t>(k_) - 1;
    std::nth_element(buffer_.begin(), last, buffer_.end(), ranks_before);
    threshold_ = last->score;
    buffer_.resize(k_);
  }
  std::size_t k_;  // > 0
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<Scored> buffer_;
};

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
    std::vector<idx_t> new_number(n);
    for (std::size_t r = 0; r < n; ++r) new_number[old_number[r]] = static_cast<idx_t>(r);
    rows.reserve(by_column.entries());
    for (const idx_t row : by_column.indices) rows.push_back(static_cast<Index>(new_number[row]));
    for (std::size_t c = 0; c < by_column.rows(); ++c)
      std::sort(rows.begin() + static_cast<std::ptrdiff_t>(offsets[c]),
                rows.begin() + static_cast<std::ptrdiff_t>(offsets[c + 1]));
  }
  std::vector<std::uint64_t> offsets;
  std::vector<Index> rows;        // new numbers, ascending in a column
  std::vector<idx_t> old_number;  // of each new one
};

/// A cell that counts shared columns.
template <typename Integer>
struct CountCells {
  using Cell = Integer;
  Cell step(idx_t) const { return 1; }
  static std::uint32_t common(Cell cell) { return cell; }
  float dot(Cell cell) const { return static_cast<float>(cell); }
  void begin_row(std::size_t) {}
};

/// A cell that adds up squared column weights as well: the count in the upper 24 bits, the sum in the lower
/// 40, in units that cannot overflow in the row at hand. A sum is exact to columns / 2^40 of the largest
/// possible.
struct WeightCells {
  using Cell = std::uint64_t;
  static constexpr int kSumBits = 40;
  std::span<const float> squares = {};
  float largest = 0;
  double unit = 1;
  Cell step(idx_t column) const {
    return (Cell{1} << kSumBits) + static_cast<Cell>(static_cast<double>(squares[column]) * unit);
  }
  static std::uint32_t common(Cell cell) { return static_cast<std::uint32_t>(cell >> kSumBits); }
  float dot(Cell cell) const {
    return static_cast<float>(static_cast<double>(cell & ((Cell{1} << kSumBits) - 1)) / unit);
  }
  void begin_row(std::size_t size) {
    unit = static_cast<double>((Cell{1} << kSumBits) - 1) /
           (static_cast<double>(largest) * static_cast<double>(size));
  }
};

/// Sums over what a row shares with each other row. One per thread.
template <typename Index, typename Cells>
class UniformProduct {
 public:
  using Cell = typename Cells::Cell;
  UniformProduct(const RenumberedColumns<Index>& columns, Cells cells)
      : columns_(columns), cells_(cells), sums_((columns.old_number.size() + kBlock - 1) / kBlock * kBlock) {}

  const Cells& cells() const { return cells_; }

  /// Calls visit(new number, cell) for each row that shares one of the columns, in any order.
  template <typename Visit>
  void row(std::span<const idx_t> row_columns, Visit&& visit) {
    cells_.begin_row(row_columns.size());
    std::size_t additions = 0;
    for (const idx_t column : row_columns)
      additions += columns_.offsets[column + 1] - columns_.offsets[column];
    // Reading all cells costs less than noting which were touched, unless few are.
    constexpr std::size_t kCellsPerAddition = 48 / sizeof(Cell);
    if (additions * kCellsPerAddition < sums_.size()) {
      sparse_row(row_columns, visit);
    } else {
      dense_row(row_columns, visit);
    }
  }

 private:
  static constexpr std::size_t kBlock = 64 / sizeof(Cell);

  template <typename Visit>
  void sparse_row(std::span<const idx_t> row_columns, Visit& visit) {
    touched_.clear();
    for (const idx_t column : row_columns) {
      const Cell step = cells_.step(column);
      for (std::uint64_t e = columns_.offsets[column]; e < columns_.offsets[column + 1]; ++e) {
        const Index other = columns_.rows[e];
        if (sums_[other] == 0) touched_.push_back(other);
        sums_[other] = static_cast<Cell>(sums_[other] + step);
      }
    }
    for (const Index other : touched_) {
      visit(other, sums_[other]);
      sums_[other] = 0;
    }
  }

  template <typename Visit>
  void dense_row(std::span<const idx_t> row_columns, Visit& visit) {
    Cell* const sums = sums_.data();
    for (const idx_t column : row_columns) {
      const Cell step = cells_.step(column);
      const Index* const end = columns_.rows.data() + columns_.offsets[column + 1];
      for (const Index* other = columns_.rows.data() + columns_.offsets[column]; other != end; ++other)
        sums[*other] = static_cast<Cell>(sums[*other] + step);
    }
    for (std::size_t begin = 0; begin < sums_.size(); begin += kBlock) {
      Cell any = 0;
      for (std::size_t i = begin; i < begin + kBlock; ++i) any = static_cast<Cell>(any | sums[i]);
      if (any == 0) continue;
      for (std::size_t i = begin; i < begin + kBlock; ++i) {
        if (sums[i] != 0) visit(static_cast<idx_t>(i), sums[i]);
        sums[i] = 0;
      }
    }
  }

  const RenumberedColumns<Index>& columns_;
  Cells cells_;
  std::vector<Cell> sums_;
  std::vector<Index> touched_;
};

}  // namespace akin
