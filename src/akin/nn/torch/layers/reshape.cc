#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

at::Tensor flatten(const LayerCall& call) { return call.inputs[0].flatten(1); }

at::Tensor reshape(const LayerCall& call) {
  Shape shape = call.layer.shape;
  shape.insert(shape.begin(), call.inputs[0].size(0));
  return call.inputs[0].reshape(shape);
}

at::Tensor concatenate(const LayerCall& call) {
  return at::cat(at::TensorList(call.inputs.data(), call.inputs.size()), call.layer.axis);
}

}  // namespace

LayerEquations reshape_equations() {
  return {
      {LayerKind::kFlatten, flatten}, {LayerKind::kReshape, reshape}, {LayerKind::kConcatenate, concatenate}};
}

}  // namespace akin::nn
