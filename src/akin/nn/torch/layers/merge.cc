#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

at::Tensor add(const LayerCall& call) {
  at::Tensor sum = call.inputs[0];
  for (const at::Tensor& input : call.inputs.subspan(1)) sum = sum + input;
  return sum;
}

at::Tensor multiply(const LayerCall& call) {
  at::Tensor product = call.inputs[0];
  for (const at::Tensor& input : call.inputs.subspan(1)) product = product * input;
  return product;
}

at::Tensor dot(const LayerCall& call) { return (call.inputs[0] * call.inputs[1]).sum(-1, true); }

}  // namespace

LayerEquations merge_equations() {
  return {{LayerKind::kAdd, add}, {LayerKind::kMultiply, multiply}, {LayerKind::kDot, dot}};
}

}  // namespace akin::nn
