// Ratings from the user's ratings of similar items.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "akin/models/model.h"
#include "akin/models/neighbors/neighbor_lists.h"
#include "akin/models/neighbors/rating_similarity.h"

namespace akin {

/// Item-based prediction (Sarwar et al., "Item-based collaborative filtering", WWW 2001; Koren, "Factor in
/// the neighbors", TKDD 2010, section 2.2):
///
///   r_ui = c_ui + z_i sum over j in N of s_ij (r_uj - c_uj) / z_j / (damping + sum over j in N of s_ij)
///
/// N = the `k` items most similar to i that u rated, with s_ij of RatingSimilarity, positive ones only;
/// by `centering`
///   none      c = 0, z = 1
///   mean      c_ui = the mean rating of i, z = 1
///   zscore    and z_i = the standard deviation of i's ratings
///   baseline  c_ui = mu + b_u + b_i of RatingBaseline (als), z = 1
/// With fewer than `min_neighbors` neighbors the prediction is mu + b_u + b_i whatever the centering, so every item
/// has a finite score. Of repeated ratings the latest counts. u is the query's history: anybody can be folded
/// in. explain(): base = c_ui, and each neighbor's term.
///
/// N is looked for in the `neighbors` most similar items of i, kept from the fit: with too few of them k are
/// not found. Cost: O(sum_u n_u^2) to fit, with n_items x 24 bytes a thread; memory n_items x neighbors x 8
/// bytes; O(n_items x neighbors) at most for a query. The same bits at any thread count.
class ItemKnnRating : public Model {
 public:
  using Config = RatingKnnConfig<true>;
  static constexpr std::string_view kName = "item-knn-rating";
  static constexpr std::string_view kSummary = "ratings of similar items (Sarwar et al. 2001, Koren 2010)";
  static constexpr Traits kTraits = {.predicts_ratings = true, .explains = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False without a history.
  bool score_all(const Query& query, std::span<float> out) const override;
  bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  std::vector<Scored> similar(idx_t item, std::size_t k) const override { return lists_.similar(item, k); }
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return lists_.n_items(); }
  void save(TensorWriter& writer) const override;

 private:
  struct Asker;
  struct Sums;
  ItemKnnRating(const Config& config, RatingBaseline baseline, NeighborLists lists, std::vector<float> means,
                std::vector<float> deviations);
  Asker asker(const Query& query) const;
  float center(const Asker& asker, idx_t item) const;
  Sums sums(const Asker& asker, idx_t item, std::vector<Scored>* terms) const;
  float predict(const Asker& asker, idx_t item) const;

  Config config_;
  bool from_baseline_, from_means_;
  RatingBaseline baseline_;
  NeighborLists lists_;
  std::vector<float> means_, deviations_;  // of each item; z_i is 1 unless zscore
  Matrix no_vectors_;
};

}  // namespace akin
