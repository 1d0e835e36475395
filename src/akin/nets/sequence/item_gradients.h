// Gradients of the rows of an item table, of which a step may touch few or all.
#pragma once

#include <limits>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin::attention {

/// A sum for each row that was asked for since clear(), in the order of the first time. Memory: 4 bytes a row of the table,
/// and the rows that were touched at once.
class ItemGradients {
 public:
  ItemGradients(std::size_t rows, std::size_t cols) : cols_(cols), place_(rows, kNone) {}

  /// The sum of a row, zero at first; valid until the next reserve().
  float* row(idx_t item) {
    if (place_[item] == kNone) take(item);
    return sums_.row(place_[item]);
  }
  /// Makes room for `more` rows that were not asked for yet.
  void reserve(std::size_t more);
  /// All rows in the order of the table, after clear() and before any other.
  Matrix& all();
  /// nullptr if the row was not asked for.
  const float* find(std::size_t item) const {
    return place_[item] == kNone ? nullptr : sums_.row(place_[item]);
  }
  void clear();

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  void take(idx_t item);

  std::size_t cols_;
  Matrix sums_;
  std::vector<std::uint32_t> place_;  // of each row of the table, in sums_
  std::vector<idx_t> touched_;
};

}  // namespace akin::attention
