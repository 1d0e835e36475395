// Items scored by a matrix of weights between items: what the linear models come down to.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/model.h"

namespace akin {

/// A model whose scores are linear in the history: with W (n_items, n_items), zero on the diagonal,
///
///   score(j) = sum over the items i of the history of v_i W_ij,
///
/// v_i = 1, or the summed value of i in the history if the model learned from values. Items whose summed
/// value is not positive (bought and returned) do not count. Only the weights that are not zero are stored,
/// by history item, so a query costs the lists of its history. A user is their history, so new users need no
/// folding in.
class ItemWeightModel : public Model {
 public:
  /// Empty: scores are sums over lists.
  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False if no item of the history has a weight.
  bool score_all(const Query& query, std::span<float> out) const override;
  /// Exact: each item of the history adds v_i W_ij.
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  /// The items that `item` speaks for most: the largest positive W_ij, as scores.
  std::vector<Scored> similar(idx_t item, std::size_t k) const override;
  bool has_similar() const override { return true; }
  std::size_t n_items() const override { return weights_.rows(); }
  void save(TensorWriter& writer) const override;

  /// Row i: W_ij of history item i, columns ascending.
  const Csr& weights() const { return weights_; }

 protected:
  struct State {
    Csr weights;
    bool use_values;
  };
  explicit ItemWeightModel(State state) : weights_(std::move(state.weights)), use_values_(state.use_values) {}
  static State load_state(const TensorReader& reader, std::size_t n_items);

 private:
  Csr weights_;
  bool use_values_;
  Matrix no_vectors_;
};

/// Collects sparse rows of at most `width` entries each, in any order and from several threads at once.
/// Memory: rows x width x 8 bytes, allocated at once.
class RowCollector {
 public:
  RowCollector(std::size_t rows, std::size_t cols, std::size_t width);
  /// Of all `values` (cols) of a row keeps the `width` largest in size that are not zero.
  void set_largest(std::size_t row, std::span<const float> values);
  /// Keeps entries, sorted by column; at most `width`.
  void set(std::size_t row, std::span<const Scored> entries);
  /// The matrix; the collector is empty afterwards.
  Csr take();

 private:
  std::size_t width_;
  std::vector<std::uint32_t> sizes_;
  Csr rows_;  // row r begins at r * width_ until take()
};

/// The training events as these models see them, ready for both directions. Values are 1 unless `use_values`.
struct Interactions {
  Csr by_user;
  Csr by_item;
};
/// Those of all ranks. Throws Error(kBadData) naming `model` if no event has a positive value, or values overflow.
/// Collective; bytes sent: 8 for each own entry, to each other rank.
Interactions linear_interactions(const TrainingData& data, bool use_values, std::string_view model,
                                 const Context& context = {});

/// Throws Error(kBadData) if `bytes` are more than this machine's memory: what needs them, and the advice.
void check_memory(double bytes, std::string_view what, std::string_view advice);
/// Bytes of memory of this machine.
double physical_memory();

}  // namespace akin
