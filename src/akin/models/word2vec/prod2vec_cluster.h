// Recommendations from the groups of items that are bought after one another.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/skip_gram_config.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// prod2vec-cluster (Grbovic et al., "E-commerce in your inbox: product recommendations at scale", KDD 2015):
/// lists that are more varied than the nearest items. Items are grouped by the cosine of their prod2vec
/// vectors (spherical_kmeans()), and of each cluster g it is counted which clusters follow it, from each
/// event of a user to the next,
///   theta_gh = (times an item of g was followed by one of h) / (times an item of g was followed).
/// An item a of cluster g recommends from the `top_clusters` clusters h of greatest theta_gh, of each its
/// items nearest to a, in shares in proportion to theta:
///   s_a(i) = theta_gh / (1 + rank of i among the items of h by cosine with a),
/// whose order is the highest-averages apportionment of every length of list (d'Hondt). Items of the history
/// take no positions from the others of their cluster. A query is the decayed mean of its latest items,
/// as in Word2VecModel:
///   score(i) = sum_a decay^a s_h(a)(i) / sum_a decay^a,
/// the paper's decay by age with the position in the history instead of days, which a query has none of.
/// Items that no item of the history recommends follow in the order of prod2vec with score = cosine, as
/// cosine - 2.
///
/// No dot product: item_vectors() is empty. similar() is prod2vec's cosine. Users fold in. It does not
/// continue from a trained model: a new item takes positions from the old ones, so there is no fold-in that
/// leaves old scores as they are, and with new events it is trained from scratch. Cost beside prod2vec:
/// O(items x clusters x size) an iteration of k-means, at most kIterations of them, and O(E log E) for E
/// events; of a query O(history x items of top_clusters clusters). Memory beside prod2vec: the vectors once
/// more and 8 E bytes while fitting. The same bits at any thread count.
class Prod2VecCluster final : public Word2VecModel {
 public:
  struct Config : SkipGramConfig {
    int clusters = 0;
    int top_clusters = 5;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "prod2vec-cluster";
  static constexpr std::string_view kSummary =
      "prod2vec with transitions between clusters of items (Grbovic et al. 2015)";
  static constexpr Traits kTraits = {
      .uses_order = true, .iterative = true, .planned_schedule = true, .takes_item_vectors = true};
  static constexpr int kIterations = 25;

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  void save(TensorWriter& writer) const override;

  /// Empty: scores are shares of positions.
  const Matrix& item_vectors() const override { return no_vectors_; }
  std::size_t n_items() const override { return Word2VecModel::item_vectors().rows(); }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override;
  /// Costs what score_all() does.
  bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const override;

  /// A cluster that follows another, and how often it does.
  struct Next {
    idx_t cluster;
    float theta;
    friend bool operator==(const Next&, const Next&) = default;
  };
  /// The clusters of all items, and what follows them.
  struct Clusters {
    std::vector<idx_t> of_item;  ///< kNoToken for items without a vector
    /// Of each cluster its top_clusters, by falling theta, then by number.
    std::vector<std::vector<Next>> next;
  };
  Prod2VecCluster(State state, Clusters clusters);
  const Clusters& clusters() const { return clusters_; }

 private:
  void recommend(idx_t item, float weight, std::span<const char> in_history, std::span<float> out) const;
  Clusters clusters_;
  std::vector<std::vector<idx_t>> members_;  // of each cluster
  Matrix no_vectors_;
};

/// What follows each of n_clusters clusters in `events` (sorted by user and time): the `top` of greatest
/// theta. Events of items without a cluster are left out, and what stood around them is consecutive.
/// O(E log E).
std::vector<std::vector<Prod2VecCluster::Next>> cluster_transitions(std::span<const Event> events,
                                                                    std::span<const idx_t> cluster_of_item,
                                                                    std::size_t n_clusters, std::size_t top);

}  // namespace akin
