#include "akin/nn/layers/layer_defs.h"

#include <algorithm>

namespace akin::nn {

const LayerDefs& layer_defs() {
  static const LayerDefs kDefs = [] {
    LayerDefs all;
    for (const auto family : {basic_layers, embedding_layers, reshape_layers, convolution_layers,
                              pooling_layers, k_max_layers, recurrent_layers, attention_layers, merge_layers,
                              gaussian_layers, candidate_layers, normalization_layers}) {
      const LayerDefs defs = family();
      all.insert(all.end(), defs.begin(), defs.end());
    }
    return all;
  }();
  return kDefs;
}

const LayerDef& layer_def(LayerKind kind) {
  const auto found = std::ranges::find(layer_defs(), kind, [](const LayerDef& def) { return def.info.kind; });
  AKIN_ASSERT(found != layer_defs().end());
  return *found;
}

StepUse step_use(const LayerSpec& layer) {
  using K = LayerKind;
  switch (layer.kind) {
    case K::kEmbedding:
    case K::kPositionalEmbedding:
    case K::kDropout:
    case K::kActivation:
    case K::kDense:
    case K::kDynamicKMaxPool1d:
    case K::kFolding:
    case K::kAttention:
    case K::kAdd:
    case K::kMultiply:
    case K::kGlu:
    case K::kBatchNorm:
    case K::kLayerNorm:
      return StepUse::kEach;
    case K::kConv1d:
    case K::kDepthwiseConv1d:  // a window must fit into any list
      return layer.padding == Padding::kSame || layer.padding == Padding::kFull ? StepUse::kEach
                                                                                : StepUse::kWhole;
    case K::kConcatenate:
      return layer.axis == -1 ? StepUse::kEach : StepUse::kWhole;
    case K::kRnn:
    case K::kGru:
    case K::kLstm:
      return layer.return_sequences ? StepUse::kEach : StepUse::kSummary;
    case K::kMultiHot:
    case K::kEmbeddingBag:
    case K::kGlobalMaxPool1d:
    case K::kGlobalAveragePool1d:
    case K::kKMaxPool1d:
      return StepUse::kSummary;
    default:
      return StepUse::kWhole;
  }
}

void need_rank(const LayerSpec& layer, const Shape& input, std::size_t rank, std::string_view meaning) {
  if (input.size() != rank)
    wrong(layer, "takes {}, but its input {} is {}", meaning, layer.inputs.at(0), shape_text(input));
}

void need_units(const LayerSpec& layer) {
  if (layer.units < 1) wrong(layer, "units must be at least 1");
}

void need_rate(const LayerSpec& layer) {
  if (!(layer.rate >= 0 && layer.rate < 1)) wrong(layer, "rate must be at least 0 and below 1");
}

void add_bias(const LayerSpec& layer, LayerShape& shape, std::int64_t width, Initializer initializer) {
  if (layer.bias) shape.weights.push_back({"bias", {width}, initializer, layer.trainable});
}

Shape slide(const LayerSpec& layer, const Shape& in, const Shape& window) {
  const std::size_t dims = window.size();
  need_rank(layer, in, dims + 1, dims == 1 ? "(steps, channels)" : "(height, width, channels)");
  const Shape strides = strides_of(layer);
  if (strides.size() != dims || std::ranges::min(window) < 1 || std::ranges::min(strides) < 1)
    wrong(layer, "window and strides are {} whole number{} of at least 1", dims, dims == 1 ? "" : "s");
  if (layer.pad < 0) wrong(layer, "padding must not be negative");
  Shape out;
  for (std::size_t d = 0; d < dims; ++d) {
    const std::int64_t positions = window_positions(in[d], window[d], strides[d], layer).count;
    if (positions < 1) {
      wrong(layer, "a window of {} does not fit into {} positions; use padding, or make the input longer",
            window[d], in[d]);
    }
    out.push_back(positions);
  }
  return out;
}

LayerShape infer_same(const LayerSpec&, std::span<const Shape> inputs) { return {inputs[0], {}}; }

LayerShape infer_half(const LayerSpec& layer, std::span<const Shape> inputs) {
  LayerShape shape{inputs[0], {}};
  if (shape.output.back() % 2 != 0)
    wrong(layer, "needs an even last dimension, but its input is {}", shape_text(inputs[0]));
  shape.output.back() /= 2;
  return shape;
}

}  // namespace akin::nn
