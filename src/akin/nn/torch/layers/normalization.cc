#include "akin/nn/torch/layers.h"
#include "akin/nn/torch/window.h"

namespace akin::nn {
namespace {

/// gamma (x - mean) / sqrt(variance + epsilon) + beta over all dimensions but the last (Ioffe & Szegedy 2015). In
/// training mean and variance are those of the batch, unless the layer is not to be trained.
at::Tensor batch_norm(const LayerCall& call) {
  // As one picture whose places are all that has channels: torch has fast kernels for this shape.
  const at::Tensor& input = call.inputs[0];
  const at::Tensor x = channels_second(input.reshape({1, -1, 1, input.size(-1)}));
  const Tensors& weights = call.weights;
  const double epsilon = call.layer.epsilon;
  if (!call.pass.training || !call.layer.trainable) {
    return channels_last(at::batch_norm(x, weights[0], weights[1], weights[2], weights[3], /*training=*/false,
                                        /*momentum=*/0, epsilon, /*cudnn_enabled=*/false))
        .reshape(input.sizes());
  }
  const auto [output, mean, inverse_deviation] =
      at::native_batch_norm(x, weights[0], weights[1], {}, {}, /*training=*/true, /*momentum=*/0, epsilon);
  const at::Tensor variance = inverse_deviation.detach().pow(-2).sub_(epsilon).clamp_min_(0);
  call.pass.moving.push_back(mean.detach());
  call.pass.moving.push_back(variance);
  return channels_last(output).reshape(input.sizes());
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
