#include "akin/nn/torch/layers.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin::nn {
namespace {

const LayerEquations& all_equations() {
  static const LayerEquations kAll = [] {
    LayerEquations all;
    for (const auto family :
         {basic_equations, embedding_equations, reshape_equations, merge_equations, convolution_equations,
          pooling_equations, k_max_equations, recurrent_equations, attention_equations, gaussian_equations,
          candidate_equations, normalization_equations}) {
      const LayerEquations some = family();
      all.insert(all.end(), some.begin(), some.end());
    }
    return all;
  }();
  return kAll;
}

}  // namespace

at::Tensor LayerCall::activated(const at::Tensor& x) const {
  return pass.skip_activation ? x : activate(layer.activation, x);
}

at::Tensor apply_layer(const LayerCall& call) {
  const auto found = std::ranges::find(all_equations(), call.layer.kind, &LayerEquation::kind);
  if (found == all_equations().end()) fail(ErrorCode::kInternal, "layer {} has no equation", call.layer.name);
  return found->equation(call);
}

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::kDefault:
    case Activation::kLinear:
      return x;
    case Activation::kSigmoid:
      return at::sigmoid(x);
    case Activation::kHardSigmoid:
      return at::clamp(x * 0.2 + 0.5, 0, 1);
    case Activation::kTanh:
      return tanh_of(x);
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kLeakyRelu:
      return at::leaky_relu(x, 0.01);
    case Activation::kSoftmax:
      return at::softmax(x, -1);
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kRelu6:
      return at::clamp(x, 0, 6);
  }
  fail(ErrorCode::kInternal, "unknown activation");
}

at::Tensor drop(double rate, const at::Tensor& x, const Pass& pass) {
  if (!pass.training || rate == 0) return x;
  const double keep = 1 - rate;
  const at::Tensor shape = at::empty(x.sizes(), x.options().device(at::kCPU));
  return x * (at::bernoulli(shape, keep, pass.generator) / keep).to(x.device());
}

}  // namespace akin::nn
