// From the content of items, and numbers of their own, to one vector each.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/sequence/attention_kernels.h"

namespace akin::towers {

inline constexpr idx_t kNoId = std::numeric_limits<idx_t>::max();

/// The net. With x_i the content of item i, the rows of all sources side by side, and e_i its own vector,
///
///   h_0 = LN(x_i M + e_i),   h_l = relu(h_{l-1} A_l + a_l),   without relu in the last layer,   v_i = h_L / |h_L|
///
/// LN: layer norm (Ba, Kiros & Hinton 2016) with a gain and a shift. x M is the sum of a linear map of each source.
struct ItemTower {
  Matrix maps;  ///< M (inputs, factors)
  Matrix ids;   ///< e (items, factors), or no rows
  /// (1, factors) gain and shift of LN, then of each layer A (factors, factors) and a (1, factors).
  std::vector<Matrix> dense;

  std::size_t factors() const { return maps.cols(); }
  std::size_t layers() const { return dense.size() / 2 - 1; }
  Matrix& weights(std::size_t layer) { return dense[2 + 2 * layer]; }
  const Matrix& weights(std::size_t layer) const { return dense[2 + 2 * layer]; }
  const Matrix& bias(std::size_t layer) const { return dense[3 + 2 * layer]; }
  ItemTower clone() const;
};
/// The name of a dense array, such as "layer0.bias".
std::string dense_name(std::size_t array);
/// Random maps and layers, LN that changes nothing, no vectors of items.
ItemTower initial_tower(std::size_t inputs, std::size_t factors, std::size_t layers, std::uint64_t seed);

/// A pass of some items through a tower and back, divided over a team in blocks of rows, with the same bits at any number
/// of threads; a row of the vectors has the same bits whatever is beside it. Memory: some rows of `factors` numbers for each item.
class ItemPass {
 public:
  /// `inputs`: (n, inputs) the items' contents; `ids`: the row of ItemTower::ids of each item, kNoId = without.
  void forward(const ItemTower& tower, const Csr& inputs, std::span<const idx_t> ids, WorkerTeam& team);
  std::size_t size() const { return n_; }
  /// v, the first size() rows.
  const Matrix& vectors() const { return vectors_; }
  /// v <- 0 of an item that has no vector; its slopes must stay zero.
  void clear(std::size_t row);
  /// The gradients of v, for the caller to add to, zero after forward().
  Matrix& slopes() { return slopes_; }
  /// After forward() of the same items: from slopes() to gradients of x M + e, in input_slopes(), and of `dense`,
  /// which are stored, not added.
  void backward(const ItemTower& tower, std::vector<Matrix>& dense, WorkerTeam& team);
  /// Gradients of x M + e, the first size() rows.
  const Matrix& input_slopes() const { return slopes_; }

 private:
  void forward_rows(const ItemTower& tower, const Csr& inputs, std::span<const idx_t> ids, std::size_t begin,
                    std::size_t end);
  void backward_rows(const ItemTower& tower, std::size_t begin, std::size_t end);

  std::size_t n_ = 0;
  Matrix sums_;                              // x M + e
  std::vector<attention::NormStats> norms_;  // of them
  std::vector<Matrix> states_;               // h_0 ... h_L
  std::vector<float> lengths_;               // |h_L|
  Matrix vectors_, slopes_;
  std::vector<Matrix> layer_slopes_;  // gradients of what each layer's relu is given
  std::vector<Matrix> transposed_;    // A^T
  Matrix block_sums_;                 // of each block: gradients of gain, shift and biases
};

}  // namespace akin::towers
