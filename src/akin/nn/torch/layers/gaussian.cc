#include <torch/csrc/autograd/custom_function.h>

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

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// mean + deviation e with deviation = exp(log variance / 2), and KL(N(mean, variance) || N(0, 1)) =
/// sum (variance + mean^2 - 1 - log variance) / 2. Written out: torch's graph of it is three times the operations.
struct Gaussian : torch::autograd::Function<Gaussian> {
  static variable_list forward(AutogradContext* context, const Variable& mean, const Variable& log_variance,
                               const at::Tensor& noise) {
    const at::Tensor deviation = (log_variance * 0.5).exp_();
    const at::Tensor terms = mean.square().addcmul_(deviation, deviation).sub_(log_variance).sub_(1);
    context->save_for_backward({mean, deviation, noise});
    return {at::addcmul(mean, deviation, noise), terms.sum() * 0.5};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &mean = saved[0], &deviation = saved[1], &noise = saved[2];
    const at::Tensor &by_output = gradients[0], &by_divergence = gradients[1];
    const at::Tensor by_mean = at::addcmul(by_output, mean, by_divergence);
    // By log variance: (dL/dz e deviation + dL/dKL (variance - 1)) / 2.
    const at::Tensor by_deviation = (by_output * noise).addcmul_(deviation, by_divergence);
    return {by_mean, by_deviation.mul_(deviation).sub_(by_divergence).mul_(0.5), at::Tensor()};
  }
};

/// z = mean + exp(log variance / 2) e with e of N(0, 1) in training, else the mean (Kingma & Welling 2014). Adds the
/// divergence from N(0, 1) to the loss.
at::Tensor gaussian(const LayerCall& call) {
  const at::Tensor &mean = call.inputs[0], &log_variance = call.inputs[1];
  const at::Tensor noise =
      call.pass.training
          ? at::randn(mean.sizes(), call.pass.generator, mean.options().device(at::kCPU)).to(mean.device())
          : at::zeros_like(mean);
  const variable_list computed = Gaussian::apply(mean, log_variance, noise);
  call.pass.extra_losses.push_back(computed[1] *
                                   (weight_now(call.layer, call.pass) / static_cast<double>(mean.size(0))));
  return call.pass.training ? computed[0] : mean;
}

}  // namespace

LayerEquations gaussian_equations() { return {{LayerKind::kGaussian, gaussian}}; }

}  // namespace akin::nn
