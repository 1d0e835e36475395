#include <algorithm>

#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

/// kl_weight, grown from 0 over the first steps of the training (Liang et al. 2018).
double weight_now(const LayerSpec& layer, const Pass& pass) {
  if (!pass.training || layer.anneal_steps == 0) return layer.kl_weight;
  return layer.kl_weight *
         std::min(1.0, static_cast<double>(pass.step) / static_cast<double>(layer.anneal_steps));
}

/// mean + exp(log variance / 2) e with e of N(0, 1) in training, else the mean (Kingma & Welling 2014). Adds
/// KL(N(mean, variance) || N(0, 1)) = sum (variance + mean^2 - 1 - log variance) / 2 to the loss.
at::Tensor gaussian(const LayerCall& call) {
  const at::Tensor& mean = call.inputs[0];
  const at::Tensor& log_variance = call.inputs[1];
  const at::Tensor divergence = (log_variance.exp() + mean.square() - 1 - log_variance).sum() * 0.5;
  call.pass.extra_losses.push_back(divergence *
                                   (weight_now(call.layer, call.pass) / static_cast<double>(mean.size(0))));
  if (!call.pass.training) return mean;
  const at::Tensor noise = at::randn(mean.sizes(), call.pass.generator, mean.options().device(at::kCPU));
  return mean + (log_variance * 0.5).exp() * noise.to(mean.device());
}

}  // namespace

LayerEquations gaussian_equations() { return {{LayerKind::kGaussian, gaussian}}; }

}  // namespace akin::nn
