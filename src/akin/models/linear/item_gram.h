// Which items share users, and how many.
#pragma once

#include <vector>

#include "akin/models/linear/item_weights.h"

namespace akin {

/// G = X^T X of a (users, items) matrix X with positive values, rows stored dense where a quarter of their
/// entries are there, else sparse. Memory: at most 8 bytes per ordered pair of items that share a user where
/// rows are sparse, n_items x 4 bytes a row where they are dense. Cost:
/// the sum over users of their items squared.
class ItemGram {
 public:
  ItemGram(const Interactions& x, const Context& context);

  std::size_t size() const { return rows_.size(); }
  float diagonal(std::size_t i) const { return diagonal_[i]; }
  /// out <- out + factor x row i of G; out has size() floats.
  void add_row(std::size_t i, float factor, std::span<float> out) const;
  /// Bytes in use.
  double bytes() const;

 private:
  struct Row {
    std::vector<idx_t> columns;  // ascending; empty = dense
    std::vector<float> values;
  };
  std::vector<Row> rows_;
  std::vector<float> diagonal_;
};

}  // namespace akin
