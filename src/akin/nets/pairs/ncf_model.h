// A trained NcfNet as a recommender.
#pragma once

#include <memory>
#include <vector>

#include "akin/models/model.h"
#include "akin/nets/pairs/ncf_batch.h"
#include "akin/nets/pairs/ncf_net.h"

namespace akin {

/// Scores are y of the net; of a net that ranks, items with zero rows, which nobody has chosen, are below
/// all. A net without layers is a dot product, item_vectors() (n_items, product + 1) = [h * q, b]; one with
/// layers only re-ranks: item_vectors() is empty.
///
/// A user of the training data has a vector; another one's is found from the history (NcfFoldIn), beginning
/// with the mean of all users. embeddings() are the items' vectors, (n_items, product + embedding): q, then
/// the layers' part.
class NcfModel : public Model {
 public:
  struct FoldIn {
    NcfLoss loss = NcfLoss::kLogistic;
    float liked = 1;  ///< target of a history item without value
  };

  /// Users the net knows nothing of have zero rows.
  NcfModel(NcfNet net, FoldIn numbers);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return item_vectors_; }
  const Matrix& embeddings() const override { return embeddings_; }
  std::size_t embedding_dim() const override { return embeddings_.cols(); }
  std::size_t n_items() const override { return embeddings_.rows(); }
  bool user_vector(const Query& query, std::span<float> out) const override;
  bool score_all(const Query& query, std::span<float> out) const override;
  bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

  const NcfNet& net() const { return net_; }
  NcfLoss loss() const { return fold_in_.loss; }

 private:
  /// The query's row of NcfNet::users, padded; false if there is none to be had.
  bool find_user(const Query& query, Matrix& row) const;
  template <typename ItemOf>
  void score_rows(const Matrix& user, std::size_t n, ItemOf item_of, std::span<float> out) const;

  NcfNet net_;
  FoldIn fold_in_;
  Matrix mean_user_;  // (1, columns)
  Matrix embeddings_;
  std::vector<float> item_bias_;  // b of the net, or of an item to be below all
  Matrix item_vectors_;           // of a net without layers
  Matrix item_first_;  // (n_items, first layer): what an item adds to the first layer, with its bias
};

}  // namespace akin
