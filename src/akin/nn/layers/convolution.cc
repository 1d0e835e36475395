// Convolutions.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

template <std::size_t kDims>
LayerShape infer_convolution(const LayerSpec& layer, std::span<const Shape> inputs) {
  need_units(layer);
  if (layer.kernel.size() != kDims) wrong(layer, "kernel has {} size{}", kDims, kDims == 1 ? "" : "s");
  LayerShape shape{slide(layer, inputs[0], layer.kernel), {}};
  shape.output.push_back(layer.units);
  Shape kernel = layer.kernel;
  kernel.push_back(inputs[0].back());
  kernel.push_back(layer.units);
  shape.weights.push_back({"kernel", kernel, Initializer::kGlorot, layer.trainable});
  add_bias(layer, shape, layer.units, Initializer::kZeros);
  return shape;
}

/// Each channel has filters of its own, whose outputs stand side by side.
template <std::size_t kDims>
LayerShape infer_depthwise(const LayerSpec& layer, std::span<const Shape> inputs) {
  if (layer.depth_multiplier < 1) wrong(layer, "depth_multiplier must be at least 1");
  if (layer.kernel.size() != kDims) wrong(layer, "kernel has {} size{}", kDims, kDims == 1 ? "" : "s");
  LayerShape shape{slide(layer, inputs[0], layer.kernel), {}};
  const std::int64_t width = inputs[0].back() * layer.depth_multiplier;
  shape.output.push_back(width);
  Shape kernel = layer.kernel;
  kernel.push_back(inputs[0].back());
  kernel.push_back(layer.depth_multiplier);
  shape.weights.push_back({"depthwise_kernel", kernel, Initializer::kGlorot, layer.trainable});
  add_bias(layer, shape, width, Initializer::kZeros);
  return shape;
}

}  // namespace

LayerDefs convolution_layers() {
  using K = LayerKind;
  const std::vector<std::string_view> fields = {"units",      "kernel", "strides",   "padding",
                                                "activation", "bias",   "trainable", "weights_of"};
  std::vector<std::string_view> depthwise = fields;
  depthwise[0] = "depth_multiplier";
  return {
      {{K::kConv1d, "conv1d", "Conv1D", "conv1d", 1, 1, fields}, infer_convolution<1>},
      {{K::kConv2d, "conv2d", "Conv2D", "conv2d", 1, 1, fields}, infer_convolution<2>},
      {{K::kDepthwiseConv1d, "depthwise_conv1d", "DepthwiseConv1D", "depthwise_conv1d", 1, 1, depthwise},
       infer_depthwise<1>},
      {{K::kDepthwiseConv2d, "depthwise_conv2d", "DepthwiseConv2D", "depthwise_conv2d", 1, 1, depthwise},
       infer_depthwise<2>},
  };
}

}  // namespace akin::nn
