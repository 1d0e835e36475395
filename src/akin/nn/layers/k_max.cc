// What Kalchbrenner, Grefenstette & Blunsom (2014) put between convolutions over sentences.
#include <algorithm>
#include <cmath>

#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape pool_to(const LayerSpec& layer, const Shape& in, std::int64_t k) {
  if (k > in[0]) wrong(layer, "keeps {} steps, but its input {} has {}", k, layer.inputs.at(0), in[0]);
  return {{k, in[1]}, {}};
}

std::int64_t least_k(const LayerSpec& layer, const Shape& in) {
  need_rank(layer, in, 2, "(steps, channels)");
  if (!(layer.k >= 1 && layer.k <= static_cast<double>(kLargestSize)) || layer.k != std::floor(layer.k))
    wrong(layer, "k must be a whole number of at least 1");
  return static_cast<std::int64_t>(layer.k);
}

LayerShape infer_k_max(const LayerSpec& layer, std::span<const Shape> inputs) {
  return pool_to(layer, inputs[0], least_k(layer, inputs[0]));
}

LayerShape infer_dynamic_k_max(const LayerSpec& layer, std::span<const Shape> inputs) {
  (void)least_k(layer, inputs[0]);
  if (layer.layer < 1 || layer.layer > layer.layers) wrong(layer, "layer must be from 1 to layers");
  return pool_to(layer, inputs[0], dynamic_k(layer, inputs[0][0]));
}

}  // namespace

std::int64_t dynamic_k(const LayerSpec& layer, std::int64_t steps) {
  const std::int64_t share = (layer.layers - layer.layer) * steps;
  return std::max(static_cast<std::int64_t>(layer.k), (share + layer.layers - 1) / layer.layers);
}

LayerDefs k_max_layers() {
  using K = LayerKind;
  return {
      {{K::kKMaxPool1d, "k_max_pool1d", "KMaxPooling1D", "k_max_pooling1d", 1, 1, {"k"}}, infer_k_max},
      {{K::kDynamicKMaxPool1d,
        "dynamic_k_max_pool1d",
        "DynamicKMaxPooling1D",
        "dynamic_k_max_pooling1d",
        1,
        1,
        {"k", "layer", "layers"}},
       infer_dynamic_k_max},
      {{K::kFolding, "folding", "Folding", "folding", 1, 1, {}}, infer_half},
  };
}

}  // namespace akin::nn
