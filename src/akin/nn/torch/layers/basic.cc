#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

/// g(x W + b) over the last dimension.
at::Tensor dense(const LayerCall& call) {
  const at::Tensor& x = call.inputs[0];
  if (has_narrow_kernels(x, call.weights[0])) {
    const at::Tensor product = run_narrow_kernels(x, call.weights[0]);
    return call.activated(call.weights.size() > 1 ? product + call.weights[1] : product);
  }
  if (call.weights.size() == 1) return call.activated(at::matmul(x, call.weights[0]));
  // One pass less over the output.
  if (x.dim() == 2) return call.activated(at::addmm(call.weights[1], x, call.weights[0]));
  return call.activated(at::matmul(x, call.weights[0]) + call.weights[1]);
}

at::Tensor dropout(const LayerCall& call) { return drop(call.layer.rate, call.inputs[0], call.pass); }

at::Tensor activation(const LayerCall& call) { return call.activated(call.inputs[0]); }

}  // namespace

LayerEquations basic_equations() {
  return {{LayerKind::kDense, dense}, {LayerKind::kDropout, dropout}, {LayerKind::kActivation, activation}};
}

}  // namespace akin::nn
