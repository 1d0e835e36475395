// Samples of normal distributions, for variational autoencoders.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape infer_gaussian(const LayerSpec& layer, std::span<const Shape> inputs) {
  if (inputs[0] != inputs[1])
    wrong(layer, "mean and log variance must have one shape, not {} and {}", shape_text(inputs[0]),
          shape_text(inputs[1]));
  if (!(layer.kl_weight >= 0 && layer.kl_weight <= 1e6)) wrong(layer, "kl_weight must be from 0 to 1e6");
  if (layer.anneal_steps < 0) wrong(layer, "anneal_steps must not be negative");
  return {inputs[0], {}};
}

}  // namespace

LayerDefs gaussian_layers() {
  return {{{LayerKind::kGaussian, "gaussian", "Gaussian", "gaussian", 2, 2, {"kl_weight", "anneal_steps"}},
           infer_gaussian}};
}

}  // namespace akin::nn
