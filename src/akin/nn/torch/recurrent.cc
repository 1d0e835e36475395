// Recurrent layers, step by step, with the inputs' part W x + b of all steps worked out at once. Layouts and
// equations are those of Keras 2.0, so that its weights mean the same here.
#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

Activation state_activation(const LayerSpec& layer) {
  return layer.activation == Activation::kDefault ? Activation::kTanh : layer.activation;
}

/// h = g(W x + U h + b) (Elman 1990).
at::Tensor rnn_step(const LayerSpec& layer, const at::Tensor& wx, const at::Tensor& h, const at::Tensor& u) {
  return activate(state_activation(layer), wx + at::matmul(h, u));
}

/// z = s(W_z x + U_z h + b_z), r = s(W_r x + U_r h + b_r), n = g(W_n x + U_n (r h) + b_n),
/// h = z h + (1 - z) n (Cho et al. 2014).
at::Tensor gru_step(const LayerSpec& layer, const at::Tensor& wx, const at::Tensor& h, const at::Tensor& u) {
  const std::int64_t width = layer.units;
  const at::Tensor gates = activate(layer.recurrent_activation,
                                    wx.slice(1, 0, 2 * width) + at::matmul(h, u.slice(1, 0, 2 * width)));
  const at::Tensor z = gates.slice(1, 0, width);
  const at::Tensor r = gates.slice(1, width, 2 * width);
  const at::Tensor fresh =
      activate(state_activation(layer), wx.slice(1, 2 * width) + at::matmul(r * h, u.slice(1, 2 * width)));
  return z * h + (1 - z) * fresh;
}

struct LstmState {
  at::Tensor h;
  at::Tensor c;
};

/// u, f, o = s(W x + U h + b), n = g(W_n x + U_n h + b_n), c = f c + u n, h = o g(c) (Hochreiter &
/// Schmidhuber 1997; Gers et al. 2000).
LstmState lstm_step(const LayerSpec& layer, const at::Tensor& wx, const LstmState& state,
                    const at::Tensor& u) {
  const std::int64_t width = layer.units;
  const at::Tensor z = wx + at::matmul(state.h, u);
  const at::Tensor update_forget = activate(layer.recurrent_activation, z.slice(1, 0, 2 * width));
  const at::Tensor fresh = activate(state_activation(layer), z.slice(1, 2 * width, 3 * width));
  const at::Tensor output = activate(layer.recurrent_activation, z.slice(1, 3 * width));
  const at::Tensor c = update_forget.slice(1, width) * state.c + update_forget.slice(1, 0, width) * fresh;
  return {output * activate(state_activation(layer), c), c};
}

/// Whether the steps that count come before all others.
bool counts_from_start(const at::Tensor& mask) {
  const at::Tensor again = mask.slice(1, 1).logical_and(mask.slice(1, 0, -1).logical_not());
  return !again.any().item<bool>();
}

/// Unrolled over the steps of x (samples, steps, width); a step that does not count changes no state.
at::Tensor read_steps(const LayerCall& call, const at::Tensor& x, const at::Tensor& mask) {
  const LayerSpec& layer = call.layer;
  const Tensors weights = call.weights;
  const bool keep_states = call.pass.step_states != nullptr;
  const bool kernels = !keep_states && has_recurrent_kernels(layer, x);
  if (kernels && (!mask.defined() || counts_from_start(mask)))
    return run_recurrent_kernels(layer, x, weights, mask);
  at::Tensor wx = at::matmul(x, weights[0]);  // (samples, steps, gates x units)
  if (weights.size() > 2) wx = wx + weights[2];
  const at::Tensor& u = weights[1];
  const at::Tensor zeros = at::zeros({x.size(0), layer.units}, wx.options());
  zeros.requires_grad_(keep_states);  // so that states have gradients behind frozen weights too
  LstmState state{zeros, zeros};
  std::vector<at::Tensor> states;
  for (std::int64_t step = 0; step < x.size(1); ++step) {
    const at::Tensor now = wx.select(1, step);
    const LstmState before = state;
    if (layer.kind == LayerKind::kLstm) {
      state = lstm_step(layer, now, state, u);
    } else {
      state.h =
          layer.kind == LayerKind::kGru ? gru_step(layer, now, state.h, u) : rnn_step(layer, now, state.h, u);
    }
    if (mask.defined()) {
      const at::Tensor counts = mask.select(1, step).unsqueeze(1);
      state = {at::where(counts, state.h, before.h), at::where(counts, state.c, before.c)};
    }
    if (layer.return_sequences || keep_states) states.push_back(state.h);
  }
  if (keep_states) call.pass.step_states->push_back({layer.name, states});
  return layer.return_sequences ? at::stack(states, 1) : state.h;
}

/// The steps that count the other way round in their places; those behind them stay where they are.
at::Tensor turn_round(const at::Tensor& x, const at::Tensor& mask) {
  const at::Tensor steps = at::arange(x.size(1), mask.options().dtype(at::kLong)).unsqueeze(0);
  const at::Tensor from = at::where(mask, mask.sum(1, true) - 1 - steps, steps);  // (samples, steps)
  return x.gather(1, from.unsqueeze(-1).expand({-1, -1, x.size(2)}));
}

/// With strides of -1 from the last step to the first; states stay at their steps.
at::Tensor recurrent(const LayerCall& call) {
  const at::Tensor& x = call.inputs[0];
  const bool whole = call.layer.return_sequences;
  if (call.layer.strides != Shape{-1}) return read_steps(call, x, call.mask);
  // Where zeros fill the end of lists the steps before them are turned, so that the kernels can leave the end out.
  if (call.mask.defined() && has_recurrent_kernels(call.layer, x) && counts_from_start(call.mask)) {
    const at::Tensor read = read_steps(call, turn_round(x, call.mask), call.mask);
    if (!whole) return read;
    return turn_round(read, call.mask).masked_fill(call.mask.logical_not().unsqueeze(-1), 0);
  }
  const at::Tensor read = read_steps(call, x.flip(1), call.mask.defined() ? call.mask.flip(1) : call.mask);
  return whole ? read.flip(1) : read;
}

}  // namespace

LayerEquations recurrent_equations() {
  return {{LayerKind::kRnn, recurrent}, {LayerKind::kGru, recurrent}, {LayerKind::kLstm, recurrent}};
}

}  // namespace akin::nn
