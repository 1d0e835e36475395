#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

/// gamma (x - mean) / sqrt(variance + epsilon) + beta over all dimensions
/// but the last (Ioffe & Szegedy 2015).
at::Tensor batch_norm(const LayerCall& call) {
  const at::Tensor& x = call.inputs[0];
  at::Tensor mean = call.weights[2];
  at::Tensor variance = call.weights[3];
  if (call.pass.training) {
    const at::Tensor rows = x.reshape({-1, x.size(-1)});
    mean = rows.mean(0);
    variance = (rows - mean).square().mean(0);
    const double kept = call.layer.momentum;
    call.pass.afterwards.emplace_back([kept, old_mean = call.weights[2], old_variance = call.weights[3],
                                       new_mean = mean.detach(), new_variance = variance.detach()] {
      old_mean.mul_(kept).add_(new_mean * (1 - kept));
      old_variance.mul_(kept).add_(new_variance * (1 - kept));
    });
  }
  return (x - mean) / (variance + call.layer.epsilon).sqrt() * call.weights[0] + call.weights[1];
}

/// gamma (x - mean) / sqrt(variance + epsilon) + beta over the last dimension (Ba et al. 2016).
at::Tensor layer_norm(const LayerCall& call) {
  const at::Tensor& x = call.inputs[0];
  return at::layer_norm(x, {x.size(-1)}, call.weights[0], call.weights[1], call.layer.epsilon);
}

/// x / (k + alpha / size x sum of the squares of `size` neighbouring channels)^beta (Krizhevsky et al. 2012;
/// torch's alpha).
at::Tensor local_response_norm(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const at::Tensor& x = call.inputs[0];
  const at::Tensor squares = at::constant_pad_nd(x.square(), {layer.size / 2, (layer.size - 1) / 2})
                                 .unfold(-1, layer.size, 1)
                                 .mean(-1);
  return x / (squares * layer.alpha + layer.k).pow(layer.beta);
}

}  // namespace

LayerEquations normalization_equations() {
  using K = LayerKind;
  return {
      {K::kBatchNorm, batch_norm}, {K::kLayerNorm, layer_norm}, {K::kLocalResponseNorm, local_response_norm}};
}

}  // namespace akin::nn
