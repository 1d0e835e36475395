#include "akin/nn/layer_shape.h"
#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/window.h"

namespace akin::nn {
namespace {

/// x (samples, channels, positions...), and the zeros on each side that the convolution is to add. Where there are as many
/// before as behind it does so itself, without a copy; else they are in x already.
struct Padded {
  at::Tensor x;
  Shape zeros;
};
Padded padded(const LayerSpec& layer, const at::Tensor& x) {
  const Shape strides = strides_of(layer);
  Shape zeros;
  for (std::size_t d = 0; d < layer.kernel.size(); ++d) {
    const WindowPositions positions =
        window_positions(x.size(static_cast<std::int64_t>(d) + 2), layer.kernel[d], strides[d], layer);
    if (positions.before != positions.after)
      return {pad(layer, x, layer.kernel, 0), Shape(layer.kernel.size(), 0)};
    zeros.push_back(positions.before);
  }
  return {x, zeros};
}

/// Cross-correlations, as everywhere in neural nets.
at::Tensor convolution(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const Shape strides = strides_of(layer);
  if (layer.kernel.size() == 2) {
    const auto [input, zeros] = padded(layer, channels_second(call.inputs[0]));
    const at::Tensor bias = call.weights.size() > 1 ? call.weights[1] : at::Tensor();
    return call.activated(
        channels_last(at::conv2d(input, call.weights[0].permute({3, 2, 0, 1}), bias, strides, zeros)));
  }
  const at::Tensor input = pad(layer, channels_second(call.inputs[0]), layer.kernel, 0);
  const at::Tensor& kernel = call.weights[0];
  const at::Tensor bias = call.weights.size() > 1 ? call.weights[1] : at::Tensor();
  const bool plain = strides[0] == 1 && input.size(0) > 0;
  if (plain && input.scalar_type() == at::kFloat && input.device().is_cpu())
    return call.activated(convolve_steps(channels_last(input), kernel, bias));
  return call.activated(channels_last(at::conv1d(input, kernel.permute({2, 1, 0}), bias, strides)));
}

/// x (samples, steps, channels) with zeros around it as the layer says.
at::Tensor with_zeros(const LayerSpec& layer, const at::Tensor& x) {
  const WindowPositions positions = window_positions(x.size(1), layer.kernel[0], 1, layer);
  return at::constant_pad_nd(x, {0, 0, positions.before, positions.after});
}

/// Each channel by filters of its own: output channel = channel x depth_multiplier + filter.
at::Tensor depthwise(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const std::int64_t channels = call.inputs[0].size(-1);
  const auto [input, zeros] = padded(layer, channels_second(call.inputs[0]));
  const at::Tensor bias = call.weights.size() > 1 ? call.weights[1] : at::Tensor();
  Shape filters = {channels * layer.depth_multiplier, 1};
  filters.insert(filters.end(), layer.kernel.begin(), layer.kernel.end());
  const at::Tensor kernel = call.weights[0].flatten(-2, -1).movedim(-1, 0).reshape(filters);
  const Shape strides = strides_of(layer);
  const Shape dense(layer.kernel.size(), 1);
  return call.activated(channels_last(
      layer.kernel.size() == 1 ? at::conv1d(input, kernel, bias, strides, zeros, dense, channels)
                               : at::conv2d(input, kernel, bias, strides, zeros, dense, channels)));
}

}  // namespace

at::Tensor convolution_and_pool(const LayerCall& call) {
  const at::Tensor bias = call.weights.size() > 1 ? call.weights[1] : at::Tensor();
  return call.activated(greatest_of_steps(with_zeros(call.layer, call.inputs[0]), call.weights[0], bias));
}

LayerEquations convolution_equations() {
  using K = LayerKind;
  return {{K::kConv1d, convolution},
          {K::kConv2d, convolution},
          {K::kDepthwiseConv1d, depthwise},
          {K::kDepthwiseConv2d, depthwise}};
}

}  // namespace akin::nn
