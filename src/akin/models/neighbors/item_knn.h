// Items whose buyers overlap: the neighbourhood model.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/model.h"

namespace akin {

/// Item-based top-n recommendation (Deshpande & Karypis, "Item-based top-N recommendation algorithms", TOIS
/// 2004).
///
/// Let R be the (users, items) matrix: r_ui = 1 for a user with events on the item, or the sum of their
/// values with `use_values`; U_i the users of item i; n_u the items of user u; N the number of items.
/// Similarities of items i != j:
///   cosine   s_ij = w_i . w_j / (|w_i| |w_j|),  w_ui = r_ui
///   jaccard  s_ij = |U_i and U_j| / |U_i or U_j|
///   tfidf    the cosine of w_ui = sqrt(r_ui) idf_u,  idf_u = ln(1 + N / n_u): items are documents, users
///   their terms,
///            so an item bought by somebody who buys everything says little
///   bm25     s_ij = w_i . w_j,  w_ui = idf_u r_ui (k1 + 1) / (r_ui + k1 (1 - b + b L_i / mean L)),  L_i =
///   sum_u r_ui
/// Shrinkage then distrusts small overlaps: s_ij <- s_ij n / (n + shrinkage) with n = |U_i and U_j|, and
/// overlaps below `min_overlap` count as none. Only positive similarities are kept.
///
/// Each item keeps its `neighbors` most similar items. score(i) = sum over the items j of the history for
/// which i is among the neighbours *of j*, of v_j s_ji, v_j = 1 or the query's value with `use_values`: the
/// list of the history item is the one cut off, so a query touches |history| lists only. A repeated history
/// item counts once, or with its summed value. An item that nothing in the history leads to scores 0.
///
/// Cost: O(sum_u n_u^2) time, n_items x neighbors x 8 bytes, and n_items x 12 bytes a thread while fitting;
/// no (items, items) matrix ever exists. The same bits at any thread count.
class ItemKnn : public Model {
 public:
  struct Config {
    std::string similarity = "cosine";
    int neighbors = 100;
    float shrinkage = 10;
    int min_overlap = 1;
    float k1 = 1.2f;
    float b = 0.75f;
    bool use_values = false;
    std::vector<Param> params() {
      return {{"similarity",
               &similarity,
               "how alike two items are, from the users they share",
               0,
               0,
               {"cosine", "jaccard", "tfidf", "bm25"},
               false,
               kSearchChoices},
              {"neighbors", &neighbors, "most similar items kept per item", 1, 100'000, {}, true, {10, 1000}},
              {"shrinkage",
               &shrinkage,
               "similarity is multiplied by n / (n + shrinkage), n = users shared",
               0,
               1e6,
               {},
               true,
               {0.1, 1000}},
              {"min_overlap", &min_overlap, "users two items must share to be similar at all", 1, 1'000'000},
              {"k1", &k1, "bm25: how much more a larger value counts", 0, 1000},
              {"b", &b, "bm25: how much popular items are held back, 0 = not at all", 0, 1},
              {"use_values", &use_values, "weigh events by their value instead of as 1"}};
    }
  };
  static constexpr std::string_view kName = "item-knn";
  static constexpr std::string_view kSummary =
      "nearest neighbours of the user's items (Deshpande & Karypis 2004)";
  static constexpr Traits kTraits = {};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// Empty: scores are sums over lists.
  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no item of the history has a neighbour.
  bool score_all(const Query& query, std::span<float> out) const override;
  /// The stored neighbours: at most Config::neighbors, whatever k.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return neighbors_.rows(); }
  void save(TensorWriter& writer) const override;

 private:
  ItemKnn(Csr neighbors, bool use_values) : neighbors_(std::move(neighbors)), use_values_(use_values) {}
  Csr neighbors_;  // (n_items, n_items): row j = the neighbours of item j, best first
  bool use_values_;
  Matrix no_vectors_;
};

}  // namespace akin
