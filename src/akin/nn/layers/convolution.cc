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

}  // namespace

LayerDefs convolution_layers() {
  using K = LayerKind;
  const std::vector<std::string_view> fields = {"units",      "kernel", "strides",  "padding",
                                                "activation", "bias",   "trainable"};
  return {
      {{K::kConv1d, "conv1d", "Conv1D", "conv1d", 1, 1, fields}, infer_convolution<1>},
      {{K::kConv2d, "conv2d", "Conv2D", "conv2d", 1, 1, fields}, infer_convolution<2>},
  };
}

}  // namespace akin::nn
