// Items taken together.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/models/fit/event_kinds.h"
#include "akin/models/model.h"
#include "akin/models/neighbors/neighbor_lists.h"

namespace akin {

/// "Bought together", "viewed together": counts of pairs of items in baskets (Agrawal, Imielinski & Swami,
/// "Mining association rules between sets of items in large databases", SIGMOD 1993).
///
/// The events of one `kind` are cut into baskets: all of a user's, or with `window_seconds` those within so
/// many seconds of the first one that is in no earlier basket; those without a time are one basket. With n_ij
/// the number of baskets that have both items, n_i those that have i, N all of them, item j gives item i
///   count           n_ij
///   confidence      n_ij / n_j: how often i is taken with j
///   lift            n_ij N / (n_i n_j): how much more often than by chance (Brin et al., SIGMOD 1997)
///   log-likelihood  Dunning's G^2: how sure it is that it is not chance (see SimilarityMeasure)
/// Pairs with n_ij < `min_overlap` are left out; each item keeps its `neighbors` best.
///
/// score(i) = sum over the items j of the history, each counted once, of what j gives i. Any user can be
/// folded in; explain() gives the terms. Cost: O(sum over baskets of size^2) time, n_items x neighbors x 8
/// bytes and n_items x 4 bytes a thread. The same bits at any thread count. Ranks make some lists each; all
/// have all baskets.
class CoOccurrence : public Model {
 public:
  struct Config {
    std::string kind = "any";
    int window_seconds = 0;
    std::string measure = "confidence";
    int neighbors = 100;
    int min_overlap = 1;
    std::vector<Param> params() {
      return {event_kind_param(&kind, "kind of events that form baskets, such as purchase"),
              {"window_seconds", &window_seconds,
               "a basket is a user's events within this many seconds; 0 = the user's whole history", 0,
               2'000'000'000},
              {"measure",
               &measure,
               "score of a pair, computed from its count",
               0,
               0,
               {"count", "confidence", "lift", "log-likelihood"},
               false,
               kSearchChoices},
              {"neighbors", &neighbors, "number of items stored per item", 1, 100'000, {}, true, {10, 1000}},
              {"min_overlap",
               &min_overlap,
               "minimum number of baskets with both items",
               1,
               1'000'000,
               {},
               true,
               {1, 20}}};
    }
  };
  static constexpr std::string_view kName = "co-occurrence";
  static constexpr std::string_view kSummary =
      "items that occur together: count, confidence, lift, log-likelihood";
  static constexpr Traits kTraits = {.explains = true, .distributed = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no item of the history was taken with another.
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// The stored list: at most Config::neighbors, whatever k.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override { return lists_.similar(item, k); }
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return lists_.n_items(); }
  void save(TensorWriter& writer) const override;

 private:
  explicit CoOccurrence(Csr lists) : lists_(std::move(lists)) {}
  NeighborLists lists_;
  Matrix no_vectors_;
};

}  // namespace akin
