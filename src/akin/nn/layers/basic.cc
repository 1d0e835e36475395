// What goes in, dense layers, and what changes numbers one by one.
#include <cmath>

#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape infer_input(const LayerSpec& layer, std::span<const Shape>) {
  if (layer.shape.empty()) wrong(layer, "needs a shape, such as [1]");
  for (const std::int64_t size : layer.shape) {
    if (size < 1) wrong(layer, "sizes must be at least 1");
  }
  return {layer.shape, {}};
}

LayerShape infer_dense(const LayerSpec& layer, std::span<const Shape> inputs) {
  need_units(layer);
  if (!(layer.max_norm >= 0) || !std::isfinite(layer.max_norm))
    wrong(layer, "max_norm must be at least 0; 0 = no limit");
  if (layer.max_norm > 0 && !layer.weights_of.empty())
    wrong(layer, "has the weights of {}: set max_norm there", layer.weights_of);
  LayerShape shape{inputs[0], {}};
  shape.output.back() = layer.units;
  shape.weights.push_back({"kernel", {inputs[0].back(), layer.units}, Initializer::kGlorot, layer.trainable});
  add_bias(layer, shape, layer.units, Initializer::kZeros);
  return shape;
}

}  // namespace

LayerDefs basic_layers() {
  using K = LayerKind;
  return {
      {{K::kInput, "input", "InputLayer", "input", 0, 0, {"shape"}}, infer_input},
      {{K::kDense,
        "dense",
        "Dense",
        "dense",
        1,
        1,
        {"units", "activation", "bias", "max_norm", "trainable", "weights_of"}},
       infer_dense},
      {{K::kDropout, "dropout", "Dropout", "dropout", 1, 1, {"rate"}}, infer_same},
      {{K::kActivation, "activation", "Activation", "activation", 1, 1, {"activation"}}, infer_same},
  };
}

}  // namespace akin::nn
