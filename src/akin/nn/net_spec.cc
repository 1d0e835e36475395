#include "akin/nn/net_spec.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
const std::string& Node::name() const { return spec_->layers()[layer_].name; }
const Shape& Node::shape() const { return spec_->shape(layer_).output; }

Node Node::put(LayerKind kind, LayerSpec options) const {
  options.kind = kind;
  options.inputs = {name()};
  return spec_->add(std::move(options));
}

Node Node::dense(std::int64_t units, Activation activation, LayerSpec options) const {
  options.units = units;
  options.activation = activation;
  return put(LayerKind::kDense, std::move(options));
}

Node Node::embedding(std::int64_t rows, std::int64_t units, LayerSpec options) const {
  options.rows = rows;
  options.units = units;
  return put(LayerKind::kEmbedding, std::move(options));
}

Node Node::multi_hot(std::int64_t units, LayerSpec options) const {
  options.units = units;
  return put(LayerKind::kMultiHot, std::move(options));
}

Node Node::embedding_bag(std::int64_t rows, std::int64_t units, LayerSpec options) const {
  options.rows = rows;
  options.units = units;
  return put(LayerKind::kEmbeddingBag, std::move(options));
}

Node Node::attention(std::int64_t heads, std::int64_t key_size, LayerSpec options) const {
  options.heads = heads;
  options.key_size = key_size;
  return put(LayerKind::kAttention, std::move(options));
}

Node Node::flatten(LayerSpec options) const { return put(LayerKind::kFlatten, std::move(options)); }

Node Node::reshape(Shape shape, LayerSpec options) const {
  options.shape = std::move(shape);
  return put(LayerKind::kReshape, std::move(options));
}

Node Node::dropout(double rate, LayerSpec options) const {
  options.rate = rate;
  return put(LayerKind::kDropout, std::move(options));
}

Node Node::activation(Activation activation, LayerSpec options) const {
  options.activation = activation;
  return put(LayerKind::kActivation, std::move(options));
}

Node Node::conv1d(std::int64_t filters, std::int64_t width, LayerSpec options) const {
  options.units = filters;
  options.kernel = {width};
  return put(LayerKind::kConv1d, std::move(options));
}

Node Node::conv2d(std::int64_t filters, Shape kernel, LayerSpec options) const {
  options.units = filters;
  options.kernel = std::move(kernel);
  return put(LayerKind::kConv2d, std::move(options));
}

Node Node::max_pool1d(std::int64_t pool, LayerSpec options) const {
  options.pool = {pool};
  return put(LayerKind::kMaxPool1d, std::move(options));
}

Node Node::max_pool2d(Shape pool, LayerSpec options) const {
  options.pool = std::move(pool);
  return put(LayerKind::kMaxPool2d, std::move(options));
}

Node Node::average_pool1d(std::int64_t pool, LayerSpec options) const {
  options.pool = {pool};
  return put(LayerKind::kAveragePool1d, std::move(options));
}

Node Node::average_pool2d(Shape pool, LayerSpec options) const {
  options.pool = std::move(pool);
  return put(LayerKind::kAveragePool2d, std::move(options));
}

Node Node::then(LayerKind kind, LayerSpec options) const { return put(kind, std::move(options)); }

Node Node::rnn(std::int64_t units, LayerSpec options) const {
  options.units = units;
  return put(LayerKind::kRnn, std::move(options));
}

Node Node::gru(std::int64_t units, LayerSpec options) const {
  options.units = units;
  return put(LayerKind::kGru, std::move(options));
}

Node Node::lstm(std::int64_t units, LayerSpec options) const {
  options.units = units;
  return put(LayerKind::kLstm, std::move(options));
}

Node NetSpec::input(Shape shape, std::string name) {
  LayerSpec layer;
  layer.kind = LayerKind::kInput;
  layer.name = std::move(name);
  layer.shape = std::move(shape);
  return add(std::move(layer));
}

Node NetSpec::merge(LayerKind kind, std::span<const Node> nodes, LayerSpec options) {
  options.kind = kind;
  options.inputs.clear();
  for (const Node& node : nodes) options.inputs.push_back(node.name());
  return add(std::move(options));
}

Node NetSpec::concatenate(const std::vector<Node>& nodes, LayerSpec options) {
  return merge(LayerKind::kConcatenate, nodes, std::move(options));
}

Node NetSpec::dot(const Node& a, const Node& b, LayerSpec options) {
  return merge(LayerKind::kDot, std::vector<Node>{a, b}, std::move(options));
}

Node NetSpec::add(LayerSpec layer) {
  if (layers_.size() == kMostLayers)
    fail(ErrorCode::kUsage, "net {}: has more than {} layers", name_, kMostLayers);
  if (layer.name.empty()) layer.name = default_name(layer.kind);
  if (numbers_.contains(layer.name)) fail(ErrorCode::kUsage, "two layers are called {}", layer.name);
  if (layer.name.find_first_of("/: \t\n") != std::string::npos)
    fail(ErrorCode::kUsage, "layer '{}': a name holds no blanks, slashes or colons", layer.name);
  if (layer.inputs.empty() && layer.kind != LayerKind::kInput) {
    if (layers_.empty()) fail(ErrorCode::kUsage, "layer {}: begin with a layer of kind input", layer.name);
    layer.inputs = {layers_.back().name};
  }
  std::vector<std::size_t> sources;
  std::vector<Shape> shapes;
  for (const std::string& source : layer.inputs) {
    sources.push_back(earlier(layer, source));
    shapes.push_back(shapes_[sources.back()].output);
  }
  LayerShape shape = infer_layer(layer, shapes);
  if (!layer.mask.empty()) sources.push_back(mask_of(layer, shapes.back()));
  std::vector<WeightRef> weights = share_weights(layer, shape);
  for (const WeightSpec& weight : shape.weights) parameters_ += count_of(weight.shape);
  if (parameters_ > kMostWeights)
    fail(ErrorCode::kUsage, "net {}: has more than {} parameters with layer {}", name_, kMostWeights,
         layer.name);
  shapes_.push_back(std::move(shape));
  sources_.push_back(std::move(sources));
  weights_.push_back(std::move(weights));
  numbers_.emplace(layer.name, layers_.size());
  layers_.push_back(std::move(layer));
  return {this, layers_.size() - 1};
}

std::vector<std::size_t> NetSpec::inputs() const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].kind == LayerKind::kInput) found.push_back(i);
  }
  return found;
}

std::size_t NetSpec::output() const {
  if (layers_.size() < 2) fail(ErrorCode::kUsage, "net {} has no layers behind its input", name_);
  return output_ == kLast ? layers_.size() - 1 : output_;
}

std::size_t NetSpec::index(std::string_view name) const {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  std::vector<std::string> names;
  for (const LayerSpec& layer : layers_) names.push_back(layer.name);
  fail(ErrorCode::kNotFound, "net {} has no layer '{}'{}", name_, name, did_you_mean(name, names));
}

bool NetSpec::reads_ids(std::size_t input) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layer_def(layers_[i].kind).reads_ids && sources_[i][0] == input) return true;
    if (layers_[i].mask == layers_[input].name) return true;
  }
  return false;
}

bool NetSpec::takes_any_length(std::size_t input) const {
  bool bags = false;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (std::ranges::find(sources_[i], input) == sources_[i].end()) continue;
    if (layers_[i].kind != LayerKind::kEmbeddingBag) return false;
    bags = true;
  }
  return bags;
}

bool NetSpec::takes_shorter(std::size_t input) const {
  std::vector<bool> has_steps(layers_.size(), false);  // as many as the list is long
  has_steps[input] = shapes_[input].output.size() == 1 && reads_ids(input);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::size_t values = sources_[i].size() - (layers_[i].mask.empty() ? 0 : 1);
    const auto count =
        std::count_if(sources_[i].begin(), sources_[i].begin() + static_cast<std::ptrdiff_t>(values),
                      [&](std::size_t source) { return has_steps[source]; });
    const bool masked = !layers_[i].mask.empty() && has_steps[sources_[i].back()];
    if (count == 0 && !masked) continue;
    const StepUse use = step_use(layers_[i]);
    if (use == StepUse::kWhole || static_cast<std::size_t>(count) != values) return false;
    has_steps[i] = use == StepUse::kEach;
    if (has_steps[i] && shapes_[i].output.size() < 2) return false;  // the list itself as numbers
  }
  return has_steps[input] && !has_steps[output()];
}

std::int64_t NetSpec::trainable_parameters() const {
  std::int64_t total = 0;
  for (const LayerShape& shape : shapes_) {
    for (const WeightSpec& weight : shape.weights) total += weight.trainable ? count_of(weight.shape) : 0;
  }
  return total;
}

std::string NetSpec::default_name(LayerKind kind) {
  const std::string_view stem = kind_info(kind).stem;
  for (int& number = last_numbers_[kind];;) {  // layers stay: a number once taken is never free again
    std::string name = fmt::format("{}_{}", stem, ++number);
    if (!numbers_.contains(name)) return name;
  }
}

NetSpec with_layers(const NetSpec& spec,
                    const std::function<std::vector<LayerSpec>(LayerSpec layer)>& change) {
  NetSpec result(spec.name());
  for (const LayerSpec& layer : spec.layers()) {
    for (LayerSpec& changed : change(layer)) result.add(std::move(changed));
  }
  result.set_output(spec.layers()[spec.output()].name);
  return result;
}

}  // namespace akin::nn
