// Layers that keep a state from step to step.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

template <std::int64_t kGates>
LayerShape infer_recurrent(const LayerSpec& layer, std::span<const Shape> inputs) {
  const Shape& in = inputs[0];
  need_units(layer);
  need_rank(layer, in, 2, "(steps, width)");
  if (!layer.strides.empty() && layer.strides != Shape{1} && layer.strides != Shape{-1})
    wrong(layer, "strides are 1, or -1 to read from the last step to the first");
  const std::int64_t width = kGates * layer.units;
  LayerShape shape;
  if (layer.return_sequences) shape.output.push_back(in[0]);
  shape.output.push_back(layer.units);
  shape.weights.push_back({"kernel", {in[1], width}, Initializer::kGlorot, layer.trainable});
  shape.weights.push_back(
      {"recurrent_kernel", {layer.units, width}, Initializer::kOrthogonal, layer.trainable});
  add_bias(layer, shape, width, kGates == 4 ? Initializer::kForgetBias : Initializer::kZeros);
  return shape;
}

}  // namespace

LayerDefs recurrent_layers() {
  using K = LayerKind;
  const std::vector<std::string_view> plain = {"units",   "activation", "bias",      "return_sequences",
                                               "strides", "mask",       "trainable", "weights_of"};
  std::vector<std::string_view> gated = plain;
  gated.insert(gated.begin() + 2, "recurrent_activation");
  return {
      {{K::kRnn, "rnn", "SimpleRNN", "simple_rnn", 1, 1, plain}, infer_recurrent<1>, WeightUse::kEachInput},
      {{K::kGru, "gru", "GRU", "gru", 1, 1, gated}, infer_recurrent<3>, WeightUse::kEachInput},
      {{K::kLstm, "lstm", "LSTM", "lstm", 1, 1, gated}, infer_recurrent<4>, WeightUse::kEachInput},
  };
}

}  // namespace akin::nn
