#include <limits>

#include "akin/nn/layer_shape.h"
#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/window.h"

namespace akin::nn {
namespace {

/// Means over windows of what was there before padding.
at::Tensor window_means(const LayerSpec& layer, const at::Tensor& x) {
  const auto mean = [&](const at::Tensor& values) {
    const Shape strides = strides_of(layer);
    const at::Tensor padded = pad(layer, values, layer.pool, 0);
    return layer.pool.size() == 1 ? at::avg_pool1d(padded, layer.pool, strides)
                                  : at::avg_pool2d(padded, layer.pool, strides);
  };
  if (layer.padding == Padding::kValid) return mean(x);
  return mean(x) / mean(at::ones_like(x.detach().slice(0, 0, 1)));
}

at::Tensor average_pool(const LayerCall& call) {
  return channels_last(window_means(call.layer, channels_second(call.inputs[0])));
}

at::Tensor max_pool(const LayerCall& call) {
  const Shape& window = call.layer.pool;
  const Shape strides = strides_of(call.layer);
  const at::Tensor padded =
      pad(call.layer, channels_second(call.inputs[0]), window, -std::numeric_limits<double>::infinity());
  return channels_last(window.size() == 1 ? at::max_pool1d(padded, window, strides)
                                          : at::max_pool2d(padded, window, strides));
}

/// Of the steps that count; 0 where none does.
at::Tensor global_max(const LayerCall& call) {
  const at::Tensor x = call.inputs[0].flatten(1, -2);
  if (!call.mask.defined()) return x.amax(1);
  const at::Tensor hidden = call.mask.logical_not().unsqueeze(-1);
  return x.masked_fill(hidden, -std::numeric_limits<double>::infinity())
      .amax(1)
      .masked_fill(hidden.all(1), 0);
}

at::Tensor global_average(const LayerCall& call) {
  const at::Tensor x = call.inputs[0].flatten(1, -2);
  if (!call.mask.defined()) return x.mean(1);
  const at::Tensor counts = call.mask.unsqueeze(-1).to(x.scalar_type());
  return (x * counts).sum(1) / counts.sum(1).clamp_min(1);
}

}  // namespace

LayerEquations pooling_equations() {
  using K = LayerKind;
  return {{K::kMaxPool1d, max_pool},
          {K::kMaxPool2d, max_pool},
          {K::kAveragePool1d, average_pool},
          {K::kAveragePool2d, average_pool},
          {K::kGlobalMaxPool1d, global_max},
          {K::kGlobalMaxPool2d, global_max},
          {K::kGlobalAveragePool1d, global_average},
          {K::kGlobalAveragePool2d, global_average}};
}

}  // namespace akin::nn
