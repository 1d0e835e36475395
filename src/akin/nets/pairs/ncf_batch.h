// A minibatch's way through a NcfNet and back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/nets/pairs/ncf_net.h"
#include "akin/nets/pairs/ncf_source.h"

namespace akin {

/// What a pair's score y is to be, given its target r.
enum class NcfLoss {
  kAbsolute,  ///< |y - r|, "mae"
  kSquared,   ///< (y - r)^2, "mse"
  kLogistic,  ///< -r ln sigma(y) - (1 - r) ln(1 - sigma(y)): binary cross-entropy, r = 0 or 1
};

/// The loss of one pair and its derivative by y.
struct LossAt {
  float loss, slope;
};
LossAt loss_at(NcfLoss loss, float y, float target);

/// What is minimized: the mean over a minibatch's pairs of the loss and of
/// regularization / 2 (|p|^2 + |q|^2) + layers_regularization / 2 (|u|^2 + |v|^2),
/// with the vectors of NcfNet.
struct NcfObjective {
  NcfLoss loss = NcfLoss::kLogistic;
  float drop = 0;  ///< dropout of what the first layer reads
  float regularization = 0, layers_regularization = 0;
};

/// The rows of the tables that this process steps.
struct OwnRows {
  Share users, items;
  static OwnRows all(const NcfNet& net) { return {{0, net.users.rows()}, {0, net.items.rows()}}; }
};
inline bool contains(const Share& rows, std::size_t row) { return row >= rows.begin && row < rows.end; }

/// Gradients of rows of a table, of which a minibatch's pairs may share some. Rows that are not `own` are passed over.
class RowGradients {
 public:
  RowGradients(const Matrix& table, Share own, std::size_t batch)
      : gradients_(batch, table.cols()), own_(own), seen_in_(table.rows()), place_(table.rows()) {}
  Matrix& of_pairs() { return gradients_; }  ///< (batch, cols)

  /// Finds the different ones among the pairs' rows. Cost: O(pairs).
  void find_different(std::span<const idx_t> rows);
  /// After it: the different rows, the first pair of each, and the first pair with the row of pair s.
  std::size_t size() const { return places_.size(); }
  idx_t row(std::size_t k) const { return rows_[places_[k]]; }
  std::size_t first_pair(std::size_t k) const { return places_[k]; }
  std::size_t first_like(std::size_t s) const { return place_[rows_[s]]; }
  /// Adds the gradients of equal rows, in order. Cost: O(pairs x cols).
  void add_equal();
  /// After it: the sum of each.
  const float* sum(std::size_t k) const { return gradients_.row(places_[k]); }

 private:
  Matrix gradients_;
  const Share own_;
  std::span<const idx_t> rows_;
  std::vector<std::uint32_t> seen_in_;  // of each row: the minibatch that had it last
  std::vector<std::uint32_t> place_;    // of each row: its first pair in that
  std::vector<std::uint32_t> places_;   // of this minibatch's different rows
  std::uint32_t batch_ = 0;
};

/// The pairs of a minibatch and the gradients of their mean loss, made in tiles of NcfTile::kPairs, whose
/// sums are added in order: the same bits, whichever thread computes a tile. Different tiles may be handled at once, and
/// so may the three sums after that.
class NcfBatch {
 public:
  /// For minibatches of up to `size` pairs. `net` gives the shapes, and is passed again with each tile. Gradients
  /// of vectors are added up for the `own` ones.
  NcfBatch(const NcfNet& net, const NcfObjective& objective, std::size_t size, const OwnRows& own);

  /// Begins with these samples, which stay valid.
  void begin(std::span<const std::uint32_t> samples);
  std::size_t most_pairs() const { return user_of_.size(); }
  std::size_t tiles() const { return (samples_.size() + NcfTile::kPairs - 1) / NcfTile::kPairs; }
  std::span<const std::uint32_t> samples() const { return samples_; }
  void read(const NcfSource& source, std::size_t tile);
  /// The same, where they have been read: what is at these places is the tile's.
  void copy(std::size_t tile, const idx_t* users, const idx_t* items, const float* targets);
  std::span<const idx_t> users() const { return std::span(user_of_).first(samples_.size()); }
  std::span<const idx_t> items() const { return std::span(item_of_).first(samples_.size()); }

  /// Where the vectors of pair s are, padded rows, to be set before its tile's epoch().
  const float*& user_row(std::size_t s) { return user_rows_[s]; }
  const float*& item_row(std::size_t s) { return item_rows_[s]; }
  /// Pairs [first, last) of a tile.
  std::size_t first(std::size_t tile) const { return tile * NcfTile::kPairs; }
  std::size_t last(std::size_t tile) const { return std::min(first(tile + 1), samples_.size()); }
  /// The tile's gradients; `seed` is of dropout, `transposed` are the layers' weights, transposed.
  void epoch(const NcfNet& net, std::span<const Matrix> transposed, std::size_t tile, std::uint64_t seed);

  /// When all tiles are read: finds the different rows.
  void find_users() { users_.find_different(users()); }
  void find_items() { items_.find_different(items()); }
  /// When they have passed, and the different rows are found: adds gradients up.
  void add_users() { users_.add_equal(); }
  void add_items() { items_.add_equal(); }
  void add_dense();
  /// The gradient of a pair's vector, of padded(columns()) floats, and the dense gradients and the loss of a tile: for
  /// tiles that another process computes.
  float* gradient(bool is_user, std::size_t s) { return (is_user ? users_ : items_).of_pairs().row(s); }
  std::size_t dense_size() const { return dense_size_; }  ///< floats
  void append_dense(std::size_t tile, std::vector<float>& to);
  /// Returns what follows in `from`.
  const float* take_dense(std::size_t tile, const float* from);
  const RowGradients& user_gradients() const { return users_; }
  const RowGradients& item_gradients() const { return items_; }
  /// In the order of NcfNet::dense().
  std::vector<Matrix>& dense_gradients() { return tiles_[0].gradients(); }
  /// Of all pairs, added up, without penalties.
  double loss() const;

 private:
  static constexpr std::size_t kLossFloats = sizeof(double) / sizeof(float);

  void add_penalty(const float* vector, float* gradient, std::size_t columns) const;

  const NcfObjective objective_;
  const std::size_t product_;  // columns
  std::size_t dense_size_ = kLossFloats;
  std::span<const std::uint32_t> samples_;
  std::vector<idx_t> user_of_, item_of_;
  std::vector<float> targets_;
  std::vector<const float*> user_rows_, item_rows_;
  std::vector<NcfTile> tiles_;
  std::vector<double> losses_;  // of each tile
  RowGradients users_, items_;
};

}  // namespace akin
