#include "akin/nn/torch/step_norms.h"

#include <torch/csrc/autograd/autograd.h>

namespace akin::nn {

std::vector<StepGradientNorms> norms_by_step(const at::Tensor& loss, const std::vector<StepStates>& layers) {
  std::vector<at::Tensor> states;
  for (const StepStates& layer : layers)
    states.insert(states.end(), layer.states.begin(), layer.states.end());
  if (states.empty()) return {};
  const auto gradients = torch::autograd::grad({loss}, states, {}, /*retain_graph=*/false,
                                               /*create_graph=*/false, /*allow_unused=*/true);
  auto gradient = gradients.begin();
  std::vector<StepGradientNorms> norms;
  for (const StepStates& layer : layers) {
    norms.push_back({layer.layer, {}});
    for (std::size_t step = 0; step < layer.states.size(); ++step, ++gradient) {
      // The loss is a mean, so that the rows' sum is the mean over the samples; squares of what has all but vanished
      // are no floats.
      norms.back().norms.push_back(
          gradient->defined() ? gradient->to(at::kDouble).norm(2, {1}).sum().item<double>() : 0);
    }
  }
  return norms;
}

}  // namespace akin::nn
