// Windows that slide over (samples, steps, channels) or (samples, height, width, channels). Channels stand
// last, as in Keras; torch wants them second.
#include "akin/base/error.h"
#include "akin/nn/layer_shape.h"
#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

at::Tensor channels_second(const at::Tensor& x) { return x.movedim(-1, 1); }
at::Tensor channels_last(const at::Tensor& x) { return x.movedim(1, -1); }

/// x (samples, channels, positions...) with `value` around it as the layer's padding says.
at::Tensor pad(const LayerSpec& layer, const at::Tensor& x, const Shape& window, double value) {
  const Shape strides = strides_of(layer);
  std::vector<std::int64_t> amounts;  // of the last dimension first
  bool any = false;
  for (std::size_t d = window.size(); d-- > 0;) {
    const WindowPositions positions =
        window_positions(x.size(static_cast<std::int64_t>(d) + 2), window[d], strides[d], layer);
    amounts.push_back(positions.before);
    amounts.push_back(positions.after);
    any = any || positions.before + positions.after > 0;
  }
  return any ? at::constant_pad_nd(x, amounts, value) : x;
}

/// Means over windows of what was there before padding.
at::Tensor average(const LayerSpec& layer, const at::Tensor& x) {
  const auto mean = [&](const at::Tensor& values) {
    const Shape strides = strides_of(layer);
    const at::Tensor padded = pad(layer, values, layer.pool, 0);
    return layer.pool.size() == 1 ? at::avg_pool1d(padded, layer.pool, strides)
                                  : at::avg_pool2d(padded, layer.pool, strides);
  };
  if (layer.padding == Padding::kValid) return mean(x);
  return mean(x) / mean(at::ones_like(x.detach().slice(0, 0, 1)));
}

}  // namespace

at::Tensor convolve(const LayerSpec& layer, const at::Tensor& x, Tensors weights) {
  const Shape strides = strides_of(layer);
  const at::Tensor input = pad(layer, channels_second(x), layer.kernel, 0);
  const at::Tensor bias = weights.size() > 1 ? weights[1] : at::Tensor();
  const at::Tensor output = layer.kernel.size() == 1
                                ? at::conv1d(input, weights[0].permute({2, 1, 0}), bias, strides)
                                : at::conv2d(input, weights[0].permute({3, 2, 0, 1}), bias, strides);
  return channels_last(output);
}

at::Tensor pool(const LayerSpec& layer, const at::Tensor& x) {
  const at::Tensor input = channels_second(x);
  if (layer.kind == LayerKind::kAveragePool1d || layer.kind == LayerKind::kAveragePool2d)
    return channels_last(average(layer, input));
  const at::Tensor padded = pad(layer, input, layer.pool, -std::numeric_limits<double>::infinity());
  const Shape strides = strides_of(layer);
  return channels_last(layer.pool.size() == 1 ? at::max_pool1d(padded, layer.pool, strides)
                                              : at::max_pool2d(padded, layer.pool, strides));
}

}  // namespace akin::nn
