#include "akin/nn/torch/graph.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/nn/layers/layer_defs.h"
#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/row_sums.h"

namespace akin::nn {

Graph::Graph(NetSpec spec, at::TensorOptions options) : spec_(std::move(spec)), options_(options) {
  for (std::size_t i = 0; i < spec_.layers().size(); ++i) {
    first_weight_.push_back(weights_.size());
    for (const WeightSpec& weight : spec_.shape(i).weights) {
      at::Tensor value = at::zeros(weight.shape, options_);
      value.requires_grad_(weight.trainable);
      const LayerSpec& layer = spec_.layers()[i];
      const bool moves = layer.kind == LayerKind::kBatchNorm && layer.trainable && !weight.trainable;
      weights_.push_back({layer.name + "/" + weight.name, value, weight.trainable,
                          layer.kind == LayerKind::kEmbedding, layer.padding_index,
                          weight.shape.size() == 2 ? layer.max_norm : 0, moves ? layer.momentum : -1});
    }
  }
  for (std::size_t i = 0; i < spec_.layers().size(); ++i) pools_.push_back(pool_of(i));
  for (std::size_t i = 0; i < spec_.layers().size(); ++i) {
    for (const WeightRef& ref : spec_.weights(i)) {
      if (ref.layer != i) weights_[first_weight_[ref.layer] + ref.weight].is_table = false;  // shared
    }
  }
}

/// The global_max_pool1d that alone reads layer `i`, if the two can be computed at once; else `i`.
std::size_t Graph::pool_of(std::size_t i) const {
  const LayerSpec& layer = spec_.layers()[i];
  if (!has_max_kernels(layer) || !options_.device().is_cpu() || options_.dtype() != at::kFloat) return i;
  std::size_t pool = i;
  for (std::size_t reader = i + 1; reader < spec_.layers().size(); ++reader) {
    const bool reads = std::ranges::find(spec_.sources(reader), i) != spec_.sources(reader).end();
    const bool pools =
        spec_.layers()[reader].kind == LayerKind::kGlobalMaxPool1d && spec_.layers()[reader].mask.empty();
    if (reads && (pool != i || !pools)) return i;
    if (reads) pool = reader;
  }
  return pool;
}

std::vector<bool> Graph::needed_for(std::size_t layer) const {
  std::vector<bool> needed(spec_.layers().size(), false);
  needed[layer] = true;
  for (std::size_t i = layer + 1; i-- > 0;) {
    if (!needed[i]) continue;
    for (const std::size_t source : spec_.sources(i)) needed[source] = true;
  }
  return needed;
}

std::vector<std::size_t> Graph::moving_weights(std::size_t layer) const {
  const std::vector<bool> needed = needed_for(layer);
  std::vector<std::size_t> moving;
  for (std::size_t i = 0; i <= layer; ++i) {
    const std::size_t end = i + 1 < first_weight_.size() ? first_weight_[i + 1] : weights_.size();
    for (std::size_t w = first_weight_[i]; needed[i] && w < end; ++w) {
      if (weights_[w].kept >= 0) moving.push_back(w);
    }
  }
  return moving;
}

/// Whether layer `i` is a multi_hot that only dense layers read, which take the indices themselves.
bool Graph::stays_ids(std::size_t i, std::size_t layer, const std::vector<bool>& needed) const {
  const bool kernels = options_.device().is_cpu() && options_.dtype() == at::kFloat;
  if (!kernels || i == layer || spec_.layers()[i].kind != LayerKind::kMultiHot) return false;
  for (std::size_t reader = i + 1; reader <= layer; ++reader) {
    const bool reads =
        needed[reader] && std::ranges::find(spec_.sources(reader), i) != spec_.sources(reader).end();
    if (reads && spec_.layers()[reader].kind != LayerKind::kDense) return false;
  }
  return true;
}

at::Tensor Graph::forward(const std::vector<at::Tensor>& inputs, std::size_t layer, Pass& pass) const {
  const std::vector<bool> needed = needed_for(layer);
  const bool skip_activation = pass.skip_activation;
  pass.numbers = options_;
  std::vector<at::Tensor> values(layer + 1);
  std::size_t next_input = 0;
  for (std::size_t i = 0; i <= layer; ++i) {
    const LayerSpec& spec = spec_.layers()[i];
    if (spec.kind == LayerKind::kInput) {
      values[i] = inputs[next_input++];
      continue;
    }
    if (!needed[i] || values[i].defined()) continue;
    std::vector<at::Tensor> sources;
    for (const std::size_t source : spec_.sources(i)) sources.push_back(values[source]);
    at::Tensor mask;
    if (!spec.mask.empty()) {
      mask = sources.back().ne(0);
      sources.pop_back();
    }
    if (pass.read_rows && !spec_.shape(i).weights.empty() && weights_[first_weight_[i]].is_table) {
      values[i] = pass.read_rows(first_weight_[i], sources[0]);
      if (values[i].defined()) continue;
    }
    if (stays_ids(i, layer, needed)) {
      values[i] = sources[0];
      continue;
    }
    const bool from_ids = spec.kind == LayerKind::kDense && stays_ids(spec_.sources(i)[0], layer, needed);
    // Indices are numbers to what does not read them as indices, or hand them on.
    const bool hands_on = spec.kind == LayerKind::kFlatten || spec.kind == LayerKind::kReshape ||
                          spec.kind == LayerKind::kConcatenate;
    for (at::Tensor& source : sources) {
      if (!hands_on && !from_ids && !layer_def(spec.kind).reads_ids) source = source.to(options_);
    }
    std::vector<at::Tensor> own;
    for (const WeightRef& ref : spec_.weights(i)) {
      const at::Tensor& value = weights_[first_weight_[ref.layer] + ref.weight].value;
      own.push_back(ref.transposed ? value.t() : value);
    }
    pass.skip_activation = skip_activation && i == layer;
    if (from_ids) {
      const at::Tensor sums = sums_of_hot_rows(own[0], sources[0]);
      const at::Tensor output = own.size() > 1 ? sums + own[1] : sums;
      values[i] = pass.skip_activation ? output : activate(spec.activation, output);
      continue;
    }
    const bool pools = pools_[i] != i && pools_[i] <= layer && sources[0].size(0) > 0;
    values[i] = pools ? convolution_and_pool({spec, sources, own, mask, pass})
                      : apply_layer({spec, sources, own, mask, pass});
    if (pools) values[pools_[i]] = values[i];
  }
  pass.skip_activation = skip_activation;
  return values[layer];
}

NamedArray to_array(const std::string& name, const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().to(at::kCPU).contiguous();
  NamedArray array{name, Shape(flat.sizes().begin(), flat.sizes().end())};
  const auto count = static_cast<std::size_t>(flat.numel());
  if (flat.scalar_type() == at::kDouble) {
    const auto* data = flat.data_ptr<double>();
    array.values = std::vector<double>(data, data + count);
  } else {
    const auto* data = flat.data_ptr<float>();
    array.values = std::vector<float>(data, data + count);
  }
  return array;
}

void copy_into(const at::Tensor& tensor, const NamedArray& array) {
  const c10::NoGradGuard no_gradients;
  std::visit(
      [&](const auto& values) {
        using T = std::decay_t<decltype(values[0])>;
        const auto type = std::is_same_v<T, double> ? at::kDouble : at::kFloat;
        tensor.copy_(at::from_blob(const_cast<T*>(values.data()), array.shape, type));
      },
      array.values);
}

}  // namespace akin::nn
