#include "akin/nn/layer_shape.h"
#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

/// The `k` greatest values of each channel, in the order of their steps; zeros at the end where there are fewer.
at::Tensor keep_greatest(const at::Tensor& x, std::int64_t k) {
  if (x.size(1) < k) return at::constant_pad_nd(x, {0, 0, 0, k - x.size(1)});
  const at::Tensor steps = std::get<0>(std::get<1>(at::topk(x, k, 1)).sort(1));
  return x.gather(1, steps);
}

at::Tensor k_max(const LayerCall& call) {
  return keep_greatest(call.inputs[0], static_cast<std::int64_t>(call.layer.k));
}

at::Tensor dynamic_k_max(const LayerCall& call) {
  const at::Tensor& x = call.inputs[0];
  return keep_greatest(x, dynamic_k(call.layer, x.size(1)));
}

/// x_1 + x_2, x_3 + x_4 ...
at::Tensor folding(const LayerCall& call) { return call.inputs[0].unfold(-1, 2, 2).sum(-1); }

}  // namespace

LayerEquations k_max_equations() {
  using K = LayerKind;
  return {{K::kKMaxPool1d, k_max}, {K::kDynamicKMaxPool1d, dynamic_k_max}, {K::kFolding, folding}};
}

}  // namespace akin::nn
