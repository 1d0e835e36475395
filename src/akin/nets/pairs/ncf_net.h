// Nets that score a user and an item from a vector of each.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/matrix.h"

namespace akin {

/// What a NcfNet is made of; either part may be left out.
struct NcfShape {
  std::size_t product = 0;    ///< length of the vectors that are multiplied entry by entry
  bool weighted = true;       ///< the products have weights; else they are added up, and there is no bias
  std::size_t embedding = 0;  ///< length of the user's and of the item's vector that the layers read
  /// Outputs of each hidden layer (ReLU); at least one if embedding > 0.
  std::vector<std::size_t> layers = {};

  /// Where the layers' part of a vector begins: parts begin on 64 bytes.
  std::size_t product_columns() const { return padded(product); }
  std::size_t columns() const { return product_columns() + embedding; }
  friend bool operator==(const NcfShape&, const NcfShape&) = default;
};

/// A dense layer, z = x W + b.
struct DenseLayer {
  Matrix weights;  ///< (inputs, outputs)
  Matrix bias;     ///< (1, outputs)
};

/// Neural collaborative filtering (He, Liao, Zhang, Nie, Hu & Chua, WWW 2017) and what is inside it. With p,
/// q the product parts and u, v the embedding parts of a user's and an item's vector:
///
///   x_0 = [u, v],  x_l = max(0, x_{l-1} W_l + b_l)
///   y = b + h . (p * q) + o . x_L                    (eq. 9 to 12; * = entry by entry)
///
/// The first layer reads 2 padded(embedding) inputs, of which those between the parts are always zero.
struct NcfNet {
  NcfShape shape;
  Matrix users, items;  ///< (n_users, columns()), (n_items, columns())
  std::vector<DenseLayer> layers;
  Matrix product_weights;  ///< h: (1, product); ones where not weighted
  Matrix hidden_weights;   ///< o: (1, last layer)
  Matrix bias;             ///< b: (1, 1)

  /// All zero but the h of a shape without weights.
  NcfNet(NcfShape shape, std::size_t n_users, std::size_t n_items);
  NcfNet clone() const;
  /// What is trained beside the vectors.
  std::vector<Matrix*> dense();
  std::vector<const Matrix*> dense() const;
  /// All numbers that training may change, without padding.
  std::size_t parameters() const;
  std::size_t first_inputs() const { return 2 * padded(shape.embedding); }
};

/// Vectors uniform in +-width (Keras' default: 0.05) or, with `normal`, from N(0, width^2); layers and output
/// weights as Glorot & Bengio (2010), uniform in +-sqrt(6 / (inputs + outputs)); biases 0.
struct NcfInit {
  float width = 0.05f;
  bool normal = false;
};
void initialize(const NcfInit& init, std::uint64_t seed, NcfNet& net);

/// The items' vectors without what is between their parts: (n_items, product + embedding).
Matrix item_embeddings(const NcfNet& net);

/// Pairs that pass through a net together, and what its layers made of them.
class NcfTile {
 public:
  static constexpr std::size_t kPairs = 64;  ///< at most
  explicit NcfTile(const NcfNet& net);

  /// y of each pair, whose vectors are users[s] and items[s], padded rows of columns() floats. With
  /// `drop` > 0 each entry of x_0 is set to zero with that probability and the others divided by 1 - drop
  /// (Srivastava et al. 2014), by draws of `seed`.
  std::span<const float> forward(const NcfNet& net, std::span<const float* const> users,
                                 std::span<const float* const> items, float drop = 0, std::uint64_t seed = 0);

  /// Of the last forward(): with dy[s] = dL/dy of each pair, adds dL to the gradients() of all that is dense
  /// and writes dL of the vectors to rows `first` + s of the two matrices. `transposed` are the layers'
  /// weights, transposed.
  void backward(const NcfNet& net, std::span<const Matrix> transposed, std::span<const float> dy,
                std::size_t first, Matrix& user_gradients, Matrix& item_gradients);
  /// In the order of NcfNet::dense().
  std::vector<Matrix>& gradients() { return gradients_; }

 private:
  void drop_inputs(float drop, std::uint64_t seed);
  void backward_layers(const NcfNet& net, std::span<const Matrix> transposed, std::span<const float> dy);

  std::size_t n_ = 0;
  std::vector<const float*> users_, items_;
  std::vector<Matrix> x_;   // of each layer's inputs, and the last one's outputs
  std::vector<Matrix> dx_;  // dL of them
  Matrix mask_;             // what dropout multiplied x_0 by
  bool dropped_ = false;
  Matrix y_;
  std::vector<Matrix> gradients_;
};

/// Writes W^T of each layer.
void transpose_layers(const NcfNet& net, std::vector<Matrix>& out);

}  // namespace akin
