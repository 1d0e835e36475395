// Lists of similar items, and scores made from them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/model.h"

namespace akin {

/// An item of a history with what it weighs.
struct WeightedItem {
  idx_t item;
  float weight;
};

/// The history, ascending, each item once: with weight 1, or with `use_values` the sum of its values (1 each
/// where the query has none).
std::vector<WeightedItem> weighted_history(const Query& query, bool use_values);

/// A list of items with weights for each item: score(i) = sum over the items j of the history whose list has
/// i of v_j w_ji.
class NeighborLists {
 public:
  NeighborLists() = default;
  /// Row j = the list of item j, (n_items, n_items), best first.
  explicit NeighborLists(Csr lists) : lists_(std::move(lists)) {}

  std::size_t n_items() const { return lists_.rows(); }
  const Csr& lists() const { return lists_; }
  /// out <- the scores; 0 for items in no list. False if all lists of the history are empty.
  /// Cost: their lengths.
  bool score_all(std::span<const WeightedItem> history, std::span<float> out) const;
  /// v_j w_ji of each j of the history, where it is not zero; nullopt where score_all() is false.
  std::optional<Explanation> explain(std::span<const WeightedItem> history, idx_t item) const;
  /// The first k of the item's list.
  std::vector<Scored> similar(idx_t item, std::size_t k) const;

 private:
  Csr lists_;
};

/// Sorts causes as Explanation wants them: greatest first, ties by the lower index.
void sort_causes(Explanation& explanation);

}  // namespace akin
