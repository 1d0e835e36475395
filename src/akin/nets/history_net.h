// Recommenders that are nets from a history of items to scores of all items.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "akin/models/model.h"
#include "akin/nets/net_predictor.h"

namespace akin::nets {

/// Where a net has its vectors.
struct HistoryLayers {
  std::string user;  ///< the layer whose values, (d), are the user's vector
  std::string item;  ///< a dense layer (d, n_items), whose weights are those of the items, bias included
};

/// A net that reads which items a user has, index i + 1 for item i, and ends in a dense layer with an output for each
/// item. Scores are what goes into its last activation,
///
///   score(u, i) = <h(H_u), w_i> + b_i
///
/// with h the values of the layer before for the history H_u: so item_vectors() are [w_i, b_i], and a user is nothing but
/// a history. It knows nothing of single users of the training data.
class HistoryNetModel : public Model {
 public:
  /// `known`: 1 for items with training events; the others have a row of zeros and are below all.
  HistoryNetModel(std::unique_ptr<NetPredictor> net, HistoryLayers layers, std::vector<std::uint8_t> known);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return item_vectors_; }
  std::size_t embedding_dim() const override { return item_vectors_.cols() - 1; }
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

 private:
  std::unique_ptr<NetPredictor> net_;
  HistoryLayers layers_;
  std::vector<std::uint8_t> known_;
  Matrix item_vectors_;
};

/// By item, whether the matrix has an entry of it.
std::vector<std::uint8_t> items_with_entries(const Csr& matrix);

}  // namespace akin::nets
