// Layers that read indices.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape infer_embedding(const LayerSpec& layer, std::span<const Shape> inputs) {
  if (layer.rows < 1) wrong(layer, "rows must be at least 1: inputs are 0 .. rows - 1");
  if (layer.padding_index < -1 || layer.padding_index >= layer.rows)
    wrong(layer, "padding_index must be -1 (none) or one of its {} rows", layer.rows);
  if (layer.padding_index >= 0 && (layer.vectors == VectorSource::kOneHot || !layer.weights_of.empty()))
    wrong(layer, "padding_index needs vectors of its own");
  LayerShape shape{inputs[0], {}};
  if (layer.vectors == VectorSource::kOneHot) {
    if (layer.units != 0 && layer.units != layer.rows)
      wrong(layer, "one-hot vectors have as many units as rows; leave units out");
    shape.output.push_back(layer.rows);
    return shape;
  }
  need_units(layer);
  const bool read = layer.vectors == VectorSource::kPretrained;
  if (read && !layer.weights_of.empty())
    wrong(layer, "has the vectors of {}: leave out vectors", layer.weights_of);
  if (read && layer.file.empty()) wrong(layer, "pretrained vectors need a file");
  shape.output.push_back(layer.units);
  shape.weights.push_back({"embeddings",
                           {layer.rows, layer.units},
                           read ? Initializer::kTable : Initializer::kUniform,
                           layer.trainable});
  return shape;
}

LayerShape infer_multi_hot(const LayerSpec& layer, std::span<const Shape> inputs) {
  need_units(layer);
  need_rank(layer, inputs[0], 1, "a list of indices");
  return {{layer.units}, {}};
}

/// A dense layer on a vector with ones at the indices.
LayerShape infer_embedding_bag(const LayerSpec& layer, std::span<const Shape> inputs) {
  if (layer.rows < 1) wrong(layer, "rows must be at least 1: inputs are 0 .. rows - 1, 0 for no index");
  need_units(layer);
  need_rank(layer, inputs[0], 1, "a list of indices");
  LayerShape shape{{layer.units}, {}};
  shape.weights.push_back({"embeddings", {layer.rows, layer.units}, Initializer::kGlorot, layer.trainable});
  add_bias(layer, shape, layer.units, Initializer::kZeros);
  return shape;
}

LayerShape infer_positions(const LayerSpec& layer, std::span<const Shape> inputs) {
  need_rank(layer, inputs[0], 2, "(steps, width)");
  return {inputs[0], {{"embeddings", inputs[0], Initializer::kUniform, layer.trainable}}};
}

}  // namespace

LayerDefs embedding_layers() {
  using K = LayerKind;
  return {
      {{K::kEmbedding,
        "embedding",
        "Embedding",
        "embedding",
        1,
        1,
        {"rows", "units", "vectors", "file", "tensor", "padding_index", "trainable", "weights_of"}},
       infer_embedding,
       WeightUse::kNever,
       true},
      {{K::kMultiHot, "multi_hot", "MultiHot", "multi_hot", 1, 1, {"units"}},
       infer_multi_hot,
       WeightUse::kNever,
       true},
      {{K::kEmbeddingBag,
        "embedding_bag",
        "EmbeddingBag",
        "embedding_bag",
        1,
        1,
        {"rows", "units", "mode", "activation", "bias", "rate", "trainable", "weights_of"}},
       infer_embedding_bag,
       WeightUse::kNever,
       true},
      {{K::kPositionalEmbedding,
        "positional_embedding",
        "PositionEmbedding",
        "position_embedding",
        1,
        1,
        {"trainable", "weights_of"}},
       infer_positions,
       WeightUse::kNever},
  };
}

}  // namespace akin::nn
