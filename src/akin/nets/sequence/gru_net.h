// The parameters of a recurrent net over items, and what it makes of a list of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// What a net gets for an item.
enum class GruInput {
  kShared,    ///< the vector that the item is scored by
  kSeparate,  ///< a vector of its own
  kOneHot,    ///< a one: the first layer has a column for each item
};

/// A layer of n units; matrices have 3 padded(n) rows: those of reset, update and candidate, each padded with
/// zeros.
struct GruLayer {
  GruLayer(std::size_t inputs, std::size_t units);
  Matrix input;           ///< (3 padded(units), inputs), or empty where the input is one-hot
  Matrix recurrent;       ///< (3 padded(units), units)
  Matrix bias;            ///< (1, 3 padded(units)): with the input
  Matrix recurrent_bias;  ///< the same, with the state: that of the candidate passes through the reset gate
};

struct GruNet {
  GruInput kind = GruInput::kShared;
  Matrix items;      ///< (n_items, factors)
  Matrix item_bias;  ///< (1, n_items)
  /// (n_items, factors), or (n_items, 3 padded(factors)) of one-hot inputs, or empty where `items` are the
  /// inputs.
  Matrix inputs = {};
  std::vector<GruLayer> layers = {};

  std::size_t factors() const { return items.cols(); }
  const Matrix& input_table() const { return kind == GruInput::kShared ? items : inputs; }
  /// All of it by name, such as "items" and "layer0.bias".
  std::vector<std::pair<std::string, Matrix*>> tables();
};

/// Weights uniform in +-sqrt(6 / (rows + columns)) of each gate or table (Glorot & Bengio 2010), biases 0.
GruNet random_gru_net(GruInput kind, std::size_t n_items, std::size_t factors, std::size_t layers,
                      std::uint64_t seed);

/// Runs a session through the layers, beginning with states of zero, and writes the last one's state behind
/// it into out (factors). `inputs` may be a wider table than the net's, of the same first columns. Cost: 12
/// factors^2 flops an item and layer.
void run_session(const std::vector<GruLayer>& layers, const Matrix& inputs, std::span<const idx_t> items,
                 std::span<float> out);

}  // namespace akin
