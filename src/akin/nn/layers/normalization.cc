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

}  // namespace

LayerDefs normalization_layers() {
  return {
      {{LayerKind::kBatchNorm,
        "batch_norm",
        "BatchNormalization",
        "batch_normalization",
        1,
        1,
        {"momentum", "epsilon", "trainable"}},
       infer_batch_norm,
       WeightUse::kNever},
  };
}

}  // namespace akin::nn
