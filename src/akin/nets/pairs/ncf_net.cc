#include "akin/nets/pairs/ncf_net.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/small_product.h"
#include "akin/nets/pairs/ncf_kernels.h"

namespace akin {
namespace {

void fill_uniform(float limit, std::uint64_t seed, std::uint64_t stream, Matrix& matrix) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    Rng rng(Rng::mix(seed + stream), r);
    for (float& x : matrix[r]) x = limit * (2 * rng.uniform_float() - 1);
  }
}

float glorot(std::size_t inputs, std::size_t outputs) {
  return std::sqrt(6.0f / static_cast<float>(inputs + outputs));
}

void fill_vectors(const NcfInit& init, std::uint64_t seed, std::uint64_t stream, const NcfShape& shape,
                  Matrix& vectors) {
  if (init.normal) {
    vectors = Matrix::normal(vectors.rows(), vectors.cols(), init.width, Rng::mix(seed + stream));
  } else {
    fill_uniform(init.width, seed, stream, vectors);
  }
  for (std::size_t r = 0; r < vectors.rows(); ++r)  // between the parts
    std::fill(vectors.row(r) + shape.product, vectors.row(r) + shape.product_columns(), 0.0f);
}

}  // namespace

NcfNet::NcfNet(NcfShape s, std::size_t n_users, std::size_t n_items)
    : shape(std::move(s)), users(n_users, shape.columns()), items(n_items, shape.columns()), bias(1, 1) {
  AKIN_ASSERT(shape.product + shape.embedding > 0 && (shape.embedding > 0) == !shape.layers.empty());
  std::size_t inputs = first_inputs();
  for (const std::size_t outputs : shape.layers) {
    layers.push_back({Matrix(inputs, outputs), Matrix(1, outputs)});
    inputs = outputs;
  }
  if (!shape.layers.empty()) hidden_weights = Matrix(1, inputs);
  if (shape.product > 0) product_weights = Matrix(1, shape.product);
  if (!shape.weighted) std::ranges::fill(product_weights[0], 1.0f);
}

NcfNet NcfNet::clone() const {
  NcfNet copy(shape, 0, 0);
  copy.users = users.clone();
  copy.items = items.clone();
  for (std::size_t l = 0; l < layers.size(); ++l)
    copy.layers[l] = {layers[l].weights.clone(), layers[l].bias.clone()};
  copy.product_weights = product_weights.clone();
  copy.hidden_weights = hidden_weights.clone();
  copy.bias = bias.clone();
  return copy;
}

std::vector<Matrix*> NcfNet::dense() {
  std::vector<Matrix*> all;
  for (DenseLayer& layer : layers) {
    all.push_back(&layer.weights);
    all.push_back(&layer.bias);
  }
  if (!layers.empty()) all.push_back(&hidden_weights);
  if (shape.weighted) {
    if (shape.product > 0) all.push_back(&product_weights);
    all.push_back(&bias);
  }
  return all;
}

std::vector<const Matrix*> NcfNet::dense() const {
  const std::vector<Matrix*> all = const_cast<NcfNet*>(this)->dense();
  return {all.begin(), all.end()};
}

std::size_t NcfNet::parameters() const {
  std::size_t count = (users.rows() + items.rows()) * (shape.product + shape.embedding);
  std::size_t inputs = 2 * shape.embedding;
  for (const std::size_t outputs : shape.layers) {
    count += (inputs + 1) * outputs;
    inputs = outputs;
  }
  if (!shape.layers.empty()) count += inputs;
  return count + (shape.weighted ? shape.product + 1 : 0);
}

void initialize(const NcfInit& init, std::uint64_t seed, NcfNet& net) {
  enum : std::uint64_t { kUsers = 1, kItems, kProduct, kHidden, kLayers };
  fill_vectors(init, seed, kUsers, net.shape, net.users);
  fill_vectors(init, seed, kItems, net.shape, net.items);
  std::size_t inputs = 2 * net.shape.embedding;
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    Matrix& weights = net.layers[l].weights;
    fill_uniform(glorot(inputs, weights.cols()), seed, kLayers + l, weights);
    inputs = weights.cols();
  }
  for (std::size_t k = net.shape.embedding; k < padded(net.shape.embedding) && !net.layers.empty(); ++k) {
    for (const std::size_t row : {k, padded(net.shape.embedding) + k})  // inputs that are always zero
      std::ranges::fill(net.layers[0].weights[row], 0.0f);
  }
  const std::size_t outputs = net.shape.product + (net.layers.empty() ? 0 : inputs);
  if (!net.layers.empty()) fill_uniform(glorot(outputs, 1), seed, kHidden, net.hidden_weights);
  if (net.shape.weighted && net.shape.product > 0)
    fill_uniform(glorot(outputs, 1), seed, kProduct, net.product_weights);
}

Matrix item_embeddings(const NcfNet& net) {
  const NcfShape& shape = net.shape;
  Matrix result(net.items.rows(), shape.product + shape.embedding);
  for (std::size_t i = 0; i < result.rows(); ++i) {
    std::copy_n(net.items.row(i), shape.product, result.row(i));
    std::copy_n(net.items.row(i) + shape.product_columns(), shape.embedding, result.row(i) + shape.product);
  }
  return result;
}

void transpose_layers(const NcfNet& net, std::vector<Matrix>& out) {
  out.resize(net.layers.size());
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    const Matrix& weights = net.layers[l].weights;
    if (out[l].rows() != weights.cols()) out[l] = Matrix(weights.cols(), weights.rows());
    for (std::size_t i = 0; i < weights.rows(); ++i) {
      const float* const row = weights.row(i);
      for (std::size_t o = 0; o < weights.cols(); ++o) out[l].row(o)[i] = row[o];
    }
  }
}

NcfTile::NcfTile(const NcfNet& net) : users_(kPairs), items_(kPairs), y_(1, kPairs) {
  if (!net.layers.empty()) {
    x_.emplace_back(kPairs, net.first_inputs());
    dx_.emplace_back(kPairs, net.first_inputs());
  }
  for (const DenseLayer& layer : net.layers) {
    x_.emplace_back(kPairs, layer.weights.cols());
    dx_.emplace_back(kPairs, layer.weights.cols());
  }
  for (const Matrix* const matrix : net.dense()) gradients_.emplace_back(matrix->rows(), matrix->cols());
}

std::span<const float> NcfTile::forward(const NcfNet& net, std::span<const float* const> users,
                                        std::span<const float* const> items, float drop, std::uint64_t seed) {
  AKIN_ASSERT(users.size() <= kPairs && users.size() == items.size());
  n_ = users.size();
  std::ranges::copy(users, users_.begin());
  std::ranges::copy(items, items_.begin());
  float* const y = y_.row(0);
  std::fill_n(y, n_, net.bias[0][0]);
  const std::size_t product = net.shape.product_columns();
  for (std::size_t s = 0; s < n_ && product > 0; ++s)
    y[s] += triple_dot(net.product_weights.row(0), users[s], items[s], product);
  if (net.layers.empty()) return {y, n_};
  const std::size_t half = padded(net.shape.embedding);
  for (std::size_t s = 0; s < n_; ++s) {
    std::copy_n(users[s] + product, half, x_[0].row(s));
    std::copy_n(items[s] + product, half, x_[0].row(s) + half);
  }
  dropped_ = drop > 0;
  if (dropped_) drop_inputs(drop, seed);
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    const DenseLayer& layer = net.layers[l];
    for (std::size_t s = 0; s < n_; ++s)
      std::copy_n(layer.bias.row(0), layer.bias.stride(), x_[l + 1].row(s));
    add_product(as_is(x_[l]), n_, layer.weights.rows(), layer.weights, x_[l + 1]);
    relu(n_, x_[l + 1]);
  }
  const Matrix& last = x_.back();
  for (std::size_t s = 0; s < n_; ++s) y[s] += dot(last.row(s), net.hidden_weights.row(0), last.stride());
  return {y, n_};
}

void NcfTile::drop_inputs(float drop, std::uint64_t seed) {
  if (mask_.empty()) mask_ = Matrix(kPairs, x_[0].cols());
  const auto threshold = static_cast<std::uint32_t>(drop * 65536);
  const float kept = 1 / (1 - drop);
  for (std::size_t s = 0; s < n_; ++s) {
    Rng rng(seed, s);
    float* const row = mask_.row(s);
    for (std::size_t k = 0; k < mask_.cols(); k += 4) {  // 16 bits decide on an entry
      std::uint64_t bits = rng.next();
      for (std::size_t j = 0; j < 4; ++j, bits >>= 16) row[k + j] = (bits & 0xFFFF) < threshold ? 0 : kept;
    }
  }
  multiply_entries(n_, mask_, x_[0]);
}

void NcfTile::backward(const NcfNet& net, std::span<const Matrix> transposed, std::span<const float> dy,
                       std::size_t first, Matrix& user_gradients, Matrix& item_gradients) {
  if (!net.layers.empty()) backward_layers(net, transposed, dy);
  const std::size_t product = net.shape.product_columns(), half = padded(net.shape.embedding);
  float* h_gradient = nullptr;
  if (net.shape.weighted) {
    for (const float d : dy) gradients_.back()[0][0] += d;
    if (product > 0) h_gradient = gradients_[gradients_.size() - 2].row(0);
  }
  for (std::size_t s = 0; s < n_; ++s) {
    float* const user = user_gradients.row(first + s);
    float* const item = item_gradients.row(first + s);
    if (product > 0)
      triple_gradient(dy[s], net.product_weights.row(0), users_[s], items_[s], product, user, item,
                      h_gradient);
    if (half == 0) continue;
    std::copy_n(dx_[0].row(s), half, user + product);
    std::copy_n(dx_[0].row(s) + half, half, item + product);
  }
}

void NcfTile::backward_layers(const NcfNet& net, std::span<const Matrix> transposed,
                              std::span<const float> dy) {
  const std::size_t last = net.layers.size();
  float* const output = gradients_[2 * last].row(0);
  for (std::size_t s = 0; s < n_; ++s) axpy(dy[s], x_[last].row(s), output, x_[last].stride());
  outer(dy, net.hidden_weights.row(0), dx_[last]);
  for (std::size_t l = last; l-- > 0;) {
    relu_gradient(n_, x_[l + 1], dx_[l + 1]);
    add_product(akin::transposed(x_[l]), x_[l].cols(), n_, dx_[l + 1], gradients_[2 * l]);
    add_rows(n_, dx_[l + 1], gradients_[2 * l + 1].row(0));
    std::fill_n(dx_[l].data(), n_ * dx_[l].stride(), 0.0f);
    add_product(as_is(dx_[l + 1]), n_, transposed[l].rows(), transposed[l], dx_[l]);
  }
  if (dropped_) multiply_entries(n_, mask_, dx_[0]);
}

}  // namespace akin
