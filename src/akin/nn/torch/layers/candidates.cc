#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

/// q c of each candidate, minus the logarithm of how likely it is drawn (Yi et al. 2019).
at::Tensor candidate_dot(const LayerCall& call) {
  const at::Tensor scores = at::matmul(call.inputs[1], call.inputs[0].unsqueeze(-1)).squeeze(-1);
  return call.inputs.size() > 2 ? scores - call.inputs[2] : scores;
}

}  // namespace

LayerEquations candidate_equations() { return {{LayerKind::kCandidateDot, candidate_dot}}; }

}  // namespace akin::nn
