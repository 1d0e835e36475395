// Layers that bring numbers to one scale.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape infer_batch_norm(const LayerSpec& layer, std::span<const Shape> inputs) {
  const Shape width = {inputs[0].back()};
  return {inputs[0],
          {{"gamma", width, Initializer::kOnes, layer.trainable},
           {"beta", width, Initializer::kZeros, layer.trainable},
           {"moving_mean", width, Initializer::kZeros, false},
           {"moving_variance", width, Initializer::kOnes, false}}};
}

LayerShape infer_layer_norm(const LayerSpec& layer, std::span<const Shape> inputs) {
  const Shape width = {inputs[0].back()};
  return {inputs[0],
          {{"gamma", width, Initializer::kOnes, layer.trainable},
           {"beta", width, Initializer::kZeros, layer.trainable}}};
}

LayerShape infer_response_norm(const LayerSpec& layer, std::span<const Shape> inputs) {
  if (layer.size < 1 || layer.size > 1000) wrong(layer, "size must be from 1 to 1000");
  for (const auto& [name, value] :
       {std::pair("alpha", layer.alpha), std::pair("beta", layer.beta), std::pair("k", layer.k)}) {
    if (!(value >= 0 && value <= 1e6)) wrong(layer, "{} must be from 0 to 1e6", name);
  }
  if (layer.k == 0) wrong(layer, "k must be above 0, so that nothing is divided by 0");
  return {inputs[0], {}};
}

}  // namespace

LayerDefs normalization_layers() {
  using K = LayerKind;
  return {
      {{K::kBatchNorm,
        "batch_norm",
        "BatchNormalization",
        "batch_normalization",
        1,
        1,
        {"momentum", "epsilon", "trainable"}},
       infer_batch_norm,
       WeightUse::kNever},
      {{K::kLayerNorm,
        "layer_norm",
        "LayerNormalization",
        "layer_normalization",
        1,
        1,
        {"epsilon", "trainable", "weights_of"}},
       infer_layer_norm,
       WeightUse::kNever},
      {{K::kLocalResponseNorm,
        "local_response_norm",
        "LocalResponseNorm",
        "local_response_norm",
        1,
        1,
        {"size", "alpha", "beta", "k"}},
       infer_response_norm},
  };
}

}  // namespace akin::nn
