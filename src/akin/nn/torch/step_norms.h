// How much a loss hears of each step of recurrent layers.
#pragma once

#include <vector>

#include "akin/nn/net.h"
#include "akin/nn/torch/pass.h"

namespace akin::nn {

/// Of a loss that is a mean over the samples, and the states that it was worked out from.
std::vector<StepGradientNorms> norms_by_step(const at::Tensor& loss, const std::vector<StepStates>& layers);

}  // namespace akin::nn
