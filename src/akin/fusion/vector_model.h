// Recommendations by given vectors of items.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "akin/models/model.h"

namespace akin {

/// Items with vectors from anywhere: a user is the mean of the vectors of their items, and
///
///   score(u, i) = <1/|H_u| sum_{h in H_u} w_h v_h, v_i>,    w_h = 1, or the event's value where there is one
///
/// over the items H_u of the history that have a vector. A row of zeros is no vector: such items are scored -infinity.
class VectorModel final : public Model {
 public:
  explicit VectorModel(Matrix vectors);

  const Matrix& item_vectors() const override { return vectors_; }
  bool user_vector(const Query& query, std::span<float> out) const override;
  bool score_all(const Query& query, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  bool has_vector(idx_t item) const { return given_[item] != 0; }
  /// Scores of all items to a query that has this vector, of item_vectors().stride() floats, the last of them zero.
  void score_vector(const float* vector, std::span<float> out) const;
  void save(TensorWriter& writer) const override { write(writer, "model"); }
  /// Stores what read() needs under names that begin with `prefix` and a dot. It outlives the writer.
  void write(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData) unless there are `n_items` vectors.
  static std::unique_ptr<VectorModel> read(const TensorReader& reader, const std::string& prefix,
                                           std::size_t n_items);

 private:
  Matrix vectors_;           // (items, dim)
  std::vector<char> given_;  // by item
};

}  // namespace akin
