// A net as a graph of layers: what is defined before anything is learned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/nn/layer.h"
#include "akin/nn/layer_shape.h"

namespace akin::nn {

class NetSpec;

/// One of the weights that a layer computes with: number `weight` of those in the LayerShape of `layer`.
struct WeightRef {
  std::size_t layer;
  std::size_t weight;
  bool transposed;
};

/// A layer of a NetSpec that is being built, to put further layers on; valid as long as the spec, which must
/// not move. `options` holds what a layer of its kind may have beside the arguments,
/// such as {.name = "hidden"}.
class Node {
 public:
  Node dense(std::int64_t units, Activation activation = Activation::kLinear, LayerSpec options = {}) const;
  Node embedding(std::int64_t rows, std::int64_t units, LayerSpec options = {}) const;
  /// A row of `units` zeros and ones from a list of indices; index 0 stands for no index.
  Node multi_hot(std::int64_t units, LayerSpec options = {}) const;
  /// A dense layer on what multi_hot() would give, without making it.
  Node embedding_bag(std::int64_t rows, std::int64_t units, LayerSpec options = {}) const;
  Node flatten(LayerSpec options = {}) const;
  Node reshape(Shape shape, LayerSpec options = {}) const;
  Node dropout(double rate, LayerSpec options = {}) const;
  Node activation(Activation activation, LayerSpec options = {}) const;
  Node conv1d(std::int64_t filters, std::int64_t width, LayerSpec options = {}) const;
  Node conv2d(std::int64_t filters, Shape kernel, LayerSpec options = {}) const;
  Node max_pool1d(std::int64_t pool, LayerSpec options = {}) const;
  Node max_pool2d(Shape pool, LayerSpec options = {}) const;
  Node average_pool1d(std::int64_t pool, LayerSpec options = {}) const;
  Node average_pool2d(Shape pool, LayerSpec options = {}) const;
  /// Self-attention.
  Node attention(std::int64_t heads, std::int64_t key_size, LayerSpec options = {}) const;
  /// Any kind with one input; what it needs stands in `options`, such as {.kernel = {3}} of a depthwise_conv1d.
  Node then(LayerKind kind, LayerSpec options = {}) const;
  Node rnn(std::int64_t units, LayerSpec options = {}) const;
  Node gru(std::int64_t units, LayerSpec options = {}) const;
  Node lstm(std::int64_t units, LayerSpec options = {}) const;

  const std::string& name() const;
  const Shape& shape() const;

 private:
  friend class NetSpec;
  Node(NetSpec* spec, std::size_t layer) : spec_(spec), layer_(layer) {}
  Node put(LayerKind kind, LayerSpec options) const;

  NetSpec* spec_;
  std::size_t layer_;
};

/// Layers in the order of their definition, each after those it gets its inputs from. Every add() works out
/// shapes and weights at once, so that a mistake is reported where it is made. Up to 10,000 layers and 2^40
/// parameters.
class NetSpec {
 public:
  explicit NetSpec(std::string name = "net") : name_(std::move(name)) {}

  Node input(Shape shape, std::string name = "");
  /// Any kind with several inputs: concatenate, add, multiply, dot, gaussian, attention, candidate_dot.
  Node merge(LayerKind kind, std::span<const Node> nodes, LayerSpec options = {});
  Node concatenate(const std::vector<Node>& nodes, LayerSpec options = {});
  Node dot(const Node& a, const Node& b, LayerSpec options = {});
  /// Adds a layer whose inputs are named, or are the layer before. Throws Error(kUsage) naming the layer.
  Node add(LayerSpec layer);
  /// The layer whose values predict() gives; unless set, the last one.
  void set_output(std::string_view name) { output_ = index(name); }

  const std::string& name() const { return name_; }
  const std::vector<LayerSpec>& layers() const { return layers_; }
  /// Layer `i`'s output and weights.
  const LayerShape& shape(std::size_t i) const { return shapes_.at(i); }
  /// The layers that layer `i` gets its values from; its mask stands last.
  const std::vector<std::size_t>& sources(std::size_t i) const { return sources_.at(i); }
  /// What layer `i` computes with, its own or another layer's, in the order of its equation.
  const std::vector<WeightRef>& weights(std::size_t i) const { return weights_.at(i); }
  /// The input layers, in order.
  std::vector<std::size_t> inputs() const;
  /// Throws Error(kUsage) if there are no layers.
  std::size_t output() const;
  /// Number of the layer. Throws Error(kNotFound) with the nearest names.
  std::size_t index(std::string_view name) const;
  /// Whether an input layer holds indices: a layer such as an embedding reads it, or it is a mask.
  bool reads_ids(std::size_t input) const;
  /// Whether the lists of an input of indices may be of any length, whatever its shape says: bags alone read it.
  bool takes_any_length(std::size_t input) const;
  /// Whether the lists of an input may be shorter than its shape says: layers that go step by step read them, and what
  /// the net gives does not depend on how many steps there are.
  bool takes_shorter(std::size_t input) const;

  std::int64_t parameters() const { return parameters_; }
  std::int64_t trainable_parameters() const;
  /// A table of layer, output shape, number of parameters and, where layers branch,
  /// what each is connected to.
  std::string summary() const;

 private:
  static constexpr std::size_t kMostLayers = 10'000;
  std::string default_name(LayerKind kind);
  std::size_t earlier(const LayerSpec& layer, const std::string& name) const;
  std::size_t mask_of(const LayerSpec& layer, const Shape& masked) const;
  std::vector<WeightRef> share_weights(const LayerSpec& layer, LayerShape& shape) const;

  std::string name_;
  std::vector<LayerSpec> layers_;
  std::vector<LayerShape> shapes_;
  std::vector<std::vector<std::size_t>> sources_;
  std::vector<std::vector<WeightRef>> weights_;
  std::map<std::string, std::size_t, std::less<>> numbers_;  // of the layers, by name
  std::map<LayerKind, int> last_numbers_;                    // in default names
  std::int64_t parameters_ = 0;
  std::size_t output_ = kLast;
  static constexpr std::size_t kLast = static_cast<std::size_t>(-1);
};

/// The same net, with the layers of `change` in the place of each.
NetSpec with_layers(const NetSpec& spec,
                    const std::function<std::vector<LayerSpec>(LayerSpec layer)>& change);

/// The layers as JSON text, which parse_spec reads back.
std::string spec_json(const NetSpec& spec);
/// Throws Error(kBadData) naming `where`, such as the file.
NetSpec parse_spec(const std::string& json, const std::string& where);

}  // namespace akin::nn
