#include <cmath>

#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

/// (1 or samples, 1, 1 or steps, steps), true where a query step must not see a value step; not defined where
/// all see all.
at::Tensor hidden_steps(const LayerCall& call, std::int64_t steps) {
  at::Tensor hidden;
  if (call.mask.defined()) hidden = call.mask.logical_not().unsqueeze(1).unsqueeze(1);
  if (!call.layer.causal) return hidden;
  const at::Tensor later = at::ones({steps, steps}, call.inputs[0].options().dtype(at::kBool)).triu(1);
  return hidden.defined() ? hidden.logical_or(later) : later;
}

/// For each head softmax(Q K' / sqrt(key_size)) V, side by side, projected (Vaswani et al. 2017). A step that
/// sees nothing gets zeros before the projection.
at::Tensor attention(const LayerCall& call) {
  const LayerSpec& layer = call.layer;
  const at::Tensor& query = call.inputs.front();
  const at::Tensor& value = call.inputs.back();
  const auto project = [&](const at::Tensor& x, std::size_t which) {
    if (!layer.bias) return at::matmul(x, call.weights[which]);
    return at::matmul(x, call.weights[2 * which]) + call.weights[2 * which + 1];
  };
  const auto heads_of = [&](const at::Tensor& x) {  // (samples, heads, steps, key_size)
    return x.unflatten(-1, {layer.heads, layer.key_size}).transpose(1, 2);
  };
  const at::Tensor q = heads_of(project(query, 0)) / std::sqrt(static_cast<double>(layer.key_size));
  const at::Tensor k = heads_of(project(value, 1));
  const at::Tensor v = heads_of(project(value, 2));
  at::Tensor shares = at::matmul(q, k.transpose(-2, -1));
  const at::Tensor hidden = hidden_steps(call, value.size(1));
  constexpr double kLow = -1e9;  // finite, so that a step that sees nothing has no NaN
  if (hidden.defined()) shares = shares.masked_fill(hidden, kLow);
  shares = at::softmax(shares, -1);
  if (hidden.defined()) shares = shares.masked_fill(hidden, 0);
  const at::Tensor seen = at::matmul(drop(layer.rate, shares, call.pass), v).transpose(1, 2).flatten(2);
  return project(seen, 3);
}

/// a g(b), of the two halves of the last dimension (Dauphin et al. 2017; Shazeer 2020).
at::Tensor glu(const LayerCall& call) {
  const Activation given = call.layer.activation;
  const std::vector<at::Tensor> halves = call.inputs[0].chunk(2, -1);
  return halves[0] * activate(given == Activation::kDefault ? Activation::kSigmoid : given, halves[1]);
}

}  // namespace

LayerEquations attention_equations() { return {{LayerKind::kAttention, attention}, {LayerKind::kGlu, glu}}; }

}  // namespace akin::nn
