// Items whose buyers overlap: the neighborhood model.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "akin/models/model.h"
#include "akin/models/neighbors/neighbor_lists.h"
#include "akin/models/neighbors/similarity.h"

namespace akin {

/// Item-based top-n recommendation (Deshpande & Karypis, "Item-based top-N recommendation algorithms",
/// TOIS 2004).
///
/// Rows are items, columns users: r_ui = 1 for a user with events on the item, or the sum of their values
/// with `use_values`. The similarities s_ij are those of SimilarityMeasure; only positive ones are kept. Each
/// item keeps its `neighbors` most similar items; with `normalize` their similarities are scaled to sum 1, so
/// that items with close neighbors do not outvote the others (section 4.2 there).
///
/// score(i) = sum over the items j of the history of v_j s_ji, v_j = 1 or the query's value with
/// `use_values`, where with `neighbors_of`
///   history  i is among the neighbors of j: the list of the history item is the one cut off
///   target   j is among the neighbors of i: every item is scored by the same number of neighbors, so
///            unpopular ones are not crowded out; twice the memory, as the lists are kept both ways
/// Either way a query touches |history| lists only. A repeated history item counts once, or with its summed
/// value. An item that nothing in the history leads to scores 0. Any user can be folded in; explain() gives
/// v_j s_ji.
///
/// Cost: O(sum_u n_u^2) time, n_items x neighbors x 8 bytes, and n_items x 12 bytes a thread while fitting;
/// no (items, items) matrix ever exists. The same bits at any thread count. Ranks make some lists each; all have all events.
class ItemKnn : public Model {
 public:
  using Config = KnnConfig<true>;
  static constexpr std::string_view kName = "item-knn";
  static constexpr std::string_view kSummary =
      "nearest neighbors of the user's items (Deshpande & Karypis 2004)";
  static constexpr Traits kTraits = {.explains = true, .distributed = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// Empty: scores are sums over lists.
  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no item of the history has a neighbor.
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// The stored neighbors: at most Config::neighbors, whatever k.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override { return own_.similar(item, k); }
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return own_.n_items(); }
  void save(TensorWriter& writer) const override;

 private:
  ItemKnn(Csr lists, bool use_values, bool by_target);
  const NeighborLists& scoring() const { return by_target_ ? scoring_ : own_; }
  NeighborLists own_;      // of each item its most similar ones
  NeighborLists scoring_;  // by_target_: for each item those in whose lists it is
  bool use_values_;
  bool by_target_;
  Matrix no_vectors_;
};

}  // namespace akin
