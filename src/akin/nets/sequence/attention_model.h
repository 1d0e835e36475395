// A trained attention net as a recommender.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "akin/models/model.h"
#include "akin/nets/sequence/attention_pass.h"
#include "akin/nets/sequence/content_items.h"

namespace akin::attention {

/// A query is its history: the last items of its last session pass through the net, and the last state is the user's
/// vector. Users have no vectors of their own, so that a history of an unknown user is answered as the same of a known
/// one. Items without training events are passed over in histories, and are below all others.
class AttentionModel : public Model {
 public:
  /// What queries need beside the net.
  struct Scoring {
    int session_gap = 0;    ///< seconds (last_session())
    float temperature = 0;  ///< 0 = dot products; else cosines divided by this
  };
  /// `net` has a row for each item; `known`: 1 for those with training events, the rows of others do not matter.
  /// `content`: what the rows were made of, if of content; then those of items with content matter too, and are known.
  AttentionModel(Net net, std::vector<std::uint8_t> known, const Scoring& scoring,
                 ContentWeights content = {});
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  /// Sizes of ContentWeights, 0 = items are not made of content.
  struct ContentSizes {
    std::size_t dim = 0;
    std::size_t deltas = 0;
  };
  /// As load(), where the item table has `n_items` rows.
  static std::unique_ptr<AttentionModel> read(const TensorReader& reader, std::size_t n_items,
                                              const ContentSizes& sizes);

  /// (n_items, factors + 1): the item table, of length 1 with a temperature, and a last column that is 0 for known items.
  const Matrix& item_vectors() const override { return item_vectors_; }
  /// (n_items, factors): the item table.
  const Matrix& embeddings() const override { return net_.items; }
  std::size_t embedding_dim() const override { return net_.items.cols(); }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

  const Net& net() const { return net_; }
  const Scoring& scoring() const { return scoring_; }
  const ContentWeights& content() const { return content_; }
  bool knows(idx_t item) const { return item < known_.size() && known_[item] != 0; }

 private:
  /// What the net reads of a query; false if there is nothing.
  bool read(const Query& query, Chunk& chunk) const;

  Net net_;
  std::vector<std::uint8_t> known_;
  Scoring scoring_;
  ContentWeights content_;
  Matrix item_vectors_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Pass>> idle_;  // as many as queries were answered at once
};

}  // namespace akin::attention
