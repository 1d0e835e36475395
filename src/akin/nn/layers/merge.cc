// Several inputs of one shape, value by value.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape infer_merge(const LayerSpec& layer, std::span<const Shape> inputs) {
  for (const Shape& in : inputs) {
    if (in != inputs[0])
      wrong(layer, "inputs must have one shape, not {} and {}", shape_text(inputs[0]), shape_text(in));
  }
  return {inputs[0], {}};
}

LayerShape infer_dot(const LayerSpec& layer, std::span<const Shape> inputs) {
  (void)infer_merge(layer, inputs);
  if (inputs[0].size() != 1) wrong(layer, "takes vectors, not {}; flatten them first", shape_text(inputs[0]));
  return {{1}, {}};
}

}  // namespace

LayerDefs merge_layers() {
  using K = LayerKind;
  return {
      {{K::kAdd, "add", "Add", "add", 2, kManyInputs, {}}, infer_merge},
      {{K::kMultiply, "multiply", "Multiply", "multiply", 2, kManyInputs, {}}, infer_merge},
      {{K::kDot, "dot", "Dot", "dot", 2, 2, {}}, infer_dot},
  };
}

}  // namespace akin::nn
