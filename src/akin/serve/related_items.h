// Items in the place of an item, and items that go with it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/models/word2vec/prod2vec_cluster.h"
#include "akin/models/word2vec/word2vec_model.h"
#include "akin/store/bundle.h"

namespace akin {

/// What a list of items is to the item it is asked for.
enum class Relation {
  kSimilar,     ///< as the model says
  kSubstitute,  ///< chosen in the place of it
  kComplement,  ///< chosen together with it
};
/// "similar", "substitute" or "complement". Throws Error(kUsage) with the nearest names.
Relation parse_relation(std::string_view name);

/// Substitutes and complements by the two vectors that the models of word2vec learn of each item, the input v and the output c
/// (dual embeddings; Nalisnick, Mitra, Craswell & Caruana, "Improving document ranking with dual word embeddings", WWW 2016):
///
///   substitute(i | a) = cosine(v_a, v_i)    items with the same items around them
///   complement(i | a) = v_a . c_i           items that the model expects around a
///
/// With types, such as categories, a substitute is of the type of a, and complements are of other types (after P-Companion: Hao et
/// al., "P-Companion: a principled framework for diversified complementary product recommendation", CIKM 2020): of each type g it
/// is counted which types h follow it in the training events (cluster_transitions()). Those that do so `kTimes` times at least and
/// more often than chance would have it, n_gh n > n_g n_h (a lift above 1), are complementary; where there are none, all others. The
/// `kTypes` most frequent share the list by highest averages,
///
///   complement(i | a) = theta_gh / rank of i, from 1, among the items of h by v_a . c_i.
///
/// Const calls are safe from many threads. Cost of a list: O(items factors).
class RelatedItems {
 public:
  /// `bundle` outlives this. `types`: an attribute whose values, each as a whole, are types; items without a value are one more
  /// type; "" = no types. Throws Error(kUsage) if the model has not both vectors, Error(kNotFound) for an unknown attribute.
  explicit RelatedItems(const Bundle& bundle, const std::string& types = "");

  /// The k best, best first; fewer if there are no more. Nothing of an item without vectors. `allowed`, if not empty, has a 1 for
  /// each item that may come.
  std::vector<Scored> list(Relation relation, idx_t item, std::size_t k,
                           std::span<const char> allowed = {}) const;

  static constexpr std::size_t kTypes = 10;
  static constexpr double kTimes = 5;

 private:
  std::vector<float> scores(Relation relation, idx_t item, std::span<const char> allowed) const;

  const Word2VecModel* model_;
  Matrix inputs_, outputs_;  // (items, factors): v / |v|, c
  std::vector<idx_t> type_;  // of each item; none without types
  std::vector<std::vector<idx_t>> members_;
  std::vector<std::vector<Prod2VecCluster::Next>> next_;  // of each type
};

}  // namespace akin
