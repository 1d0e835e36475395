// Users with the same taste: the neighborhood model by user.
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

/// User-based recommendation (Resnick et al., "GroupLens", CSCW 1994; for "taken or not": Sarwar et al.,
/// "Analysis of recommendation algorithms for e-commerce", EC 2000).
///
/// Rows are users, columns items: r_ui = 1 for a user with events on the item, or the sum of their values
/// with `use_values`. The similarities s_uv are those of SimilarityMeasure. With N(u) the `neighbors` users
/// v != u of the highest positive similarity,
///
///   score(i) = sum over v in N(u) of s_uv r_vi
///
/// u is the query's history, of a known user or not; a known user is not a neighbor of their own.
///
/// explain() splits s_uv over the items u and v share: as the products w_uj w_vj of the sum that it is
/// (cosine, tfidf, bm25), evenly for the other similarities, which are not sums.
///
/// The model is the training matrix: nothing is fitted. Memory: 16 bytes per (user, item) pair and 28 per
/// user. Cost of a query: the events of all users of its items, plus those of the neighbors,
/// plus O(n_users).
class UserKnn : public Model {
 public:
  using Config = KnnConfig<false>;
  static constexpr std::string_view kName = "user-knn";
  static constexpr std::string_view kSummary = "items of the nearest users (Resnick et al. 1994)";
  static constexpr Traits kTraits = {.explains = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// Empty: scores are sums over users.
  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no other user shares an item with the history.
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  std::size_t n_items() const override { return taken_.cols; }
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Asker;
  UserKnn(Csr taken, const Config& config);
  Asker asker(const Query& query) const;
  /// N(u), by user.
  std::vector<Scored> neighbors(const Asker& asker) const;
  float share(const Asker& asker, idx_t user, std::size_t position, bool products) const;

  Config config_;
  Csr taken_;             // (users, items): r
  SimilarityRows users_;  // weighted; only its columns, by item, are kept
  Matrix no_vectors_;
};

}  // namespace akin
