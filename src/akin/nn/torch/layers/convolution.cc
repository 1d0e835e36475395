#include "akin/nn/layer_shape.h"
#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/window.h"

namespace akin::nn {
namespace {

/// Cross-correlations, as everywhere in neural nets.
at::Tensor convolution(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const Shape strides = strides_of(layer);
  const at::Tensor input = pad(layer, channels_second(call.inputs[0]), layer.kernel, 0);
  const at::Tensor& kernel = call.weights[0];
  const at::Tensor bias = call.weights.size() > 1 ? call.weights[1] : at::Tensor();
  const at::Tensor output = layer.kernel.size() == 1
                                ? at::conv1d(input, kernel.permute({2, 1, 0}), bias, strides)
                                : at::conv2d(input, kernel.permute({3, 2, 0, 1}), bias, strides);
  return call.activated(channels_last(output));
}

}  // namespace

LayerEquations convolution_equations() {
  return {{LayerKind::kConv1d, convolution}, {LayerKind::kConv2d, convolution}};
}

}  // namespace akin::nn
