// Items like items, of a trained model or a file of vectors.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "akin/linalg/lsh.h"
#include "akin/serve/related_items.h"
#include "akin/serve/service.h"
#include "akin/serve/vector_space.h"

namespace akin {

/// How well an approximate search does, measured on some items.
struct SearchFacts {
  std::size_t asked = 0;   ///< items
  double recall = 0;       ///< share of the exact k nearest that were found
  double scored = 0;       ///< items scored for a list, on average
  std::size_t memory = 0;  ///< bytes of the tables
};

/// What is asked: a trained model, or vectors alone.
class SimilarItems {
 public:
  /// `path`: a bundle, or a file of vectors of any program (read_embeddings()). `part` of the bundle answers; "" =
  /// its model, and for new items its encoder. Throws Error(kUsage) for filters or a part with a file of vectors,
  /// which knows neither, and as load_bundle() and read_embeddings().
  SimilarItems(std::string path, std::vector<AttributeFilter> filters, std::string part = "");

  /// Ids and attributes; of a file of vectors only ids.
  const Dataset& dataset() const { return service_ ? service_->bundle().dataset : items_only_; }
  /// Throws Error(kNotFound) with the nearest ids.
  idx_t find(const std::string& id) const;

  /// From now on similar() gives substitutes or complements (RelatedItems; `types` as there). Throws as that, and Error(kUsage)
  /// for a file of vectors and for a part.
  void ask_for(Relation relation, const std::string& types);
  /// From now on similar() looks for near vectors, whatever the model says: by LSH, or at all of them. Throws Error(kUsage) if the
  /// model has none, for a part, and as LshIndex.
  void search_by(Distance distance, const std::optional<LshConfig>& lsh, const Context& context);
  /// Of lists of k by LSH, on up to 500 items drawn by seed.
  SearchFacts measure(std::size_t k, const Context& context) const;

  /// The k items most like one item, as the model says where there is one. Fewer where LSH finds no more. Safe from many threads.
  std::vector<Scored> similar(idx_t item, std::size_t k) const;
  /// The k items nearest to a sum of directions (VectorSpace::nearest()). Throws as space().
  std::vector<Scored> nearest(std::span<const idx_t> plus, std::span<const idx_t> minus, std::size_t k);
  /// Whom the bundle can answer besides: users, texts and new items. Throws Error(kUsage) for a file of vectors.
  const Service& service() const;
  const std::vector<AttributeFilter>& filters() const { return filters_; }
  /// The vectors. Throws Error(kUsage) if the model has none.
  const VectorSpace& space();

 private:
  std::string path_;
  std::optional<Service> service_;
  std::vector<AttributeFilter> filters_;
  std::string part_;
  Dataset items_only_;  // of a file of vectors
  std::optional<VectorSpace> space_;
  Relation relation_ = Relation::kSimilar;
  std::optional<RelatedItems> related_;
  Matrix vectors_;  // what is searched
  std::optional<NearRows> exact_;
  std::optional<LshIndex> lsh_;
  std::vector<char> allowed_;  // by item, where there are filters or items without a vector
};

}  // namespace akin
