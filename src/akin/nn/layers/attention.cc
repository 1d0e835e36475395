// Attention and gates.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

/// Weights of the projections to queries, keys and values, all heads side by side, and of that back.
LayerShape infer_attention(const LayerSpec& layer, std::span<const Shape> inputs) {
  const Shape& query = inputs.front();
  const Shape& value = inputs.back();
  need_rank(layer, query, 2, "(steps, width)");
  if (value.size() != 2) wrong(layer, "takes values (steps, width), not {}", shape_text(value));
  if (layer.heads < 1 || layer.key_size < 1) wrong(layer, "heads and key_size must be at least 1");
  if (layer.causal && query[0] != value[0])
    wrong(layer, "causal needs as many steps in query and value, not {} and {}", query[0], value[0]);
  const std::int64_t width = layer.heads * layer.key_size;
  LayerShape shape{query, {}};
  const auto project = [&](const std::string& name, std::int64_t from, std::int64_t to) {
    shape.weights.push_back({name + "_kernel", {from, to}, Initializer::kGlorot, layer.trainable});
    if (layer.bias) shape.weights.push_back({name + "_bias", {to}, Initializer::kZeros, layer.trainable});
  };
  project("query", query[1], width);
  project("key", value[1], width);
  project("value", value[1], width);
  project("output", width, query[1]);
  return shape;
}

}  // namespace

LayerDefs attention_layers() {
  using K = LayerKind;
  return {
      {{K::kAttention,
        "attention",
        "MultiHeadAttention",
        "multi_head_attention",
        1,
        2,
        {"heads", "key_size", "causal", "rate", "bias", "mask", "trainable", "weights_of"}},
       infer_attention},
      {{K::kGlu, "glu", "GLU", "glu", 1, 1, {"activation"}}, infer_half},
  };
}

}  // namespace akin::nn
