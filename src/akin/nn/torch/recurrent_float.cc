// lstm and gru of floats on the CPU: forward and backward written out, with the gates' arithmetic in one pass a
// step. The layer unrolled in torch's graph (recurrent.cc) is the reference, and what all else takes.
#include <torch/csrc/autograd/custom_function.h>

#include "akin/nn/torch/gate_kernels.h"
#include "akin/nn/torch/layers.h"

namespace akin::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

float* floats_of(const at::Tensor& tensor) { return tensor.data_ptr<float>(); }

GateStep step_of(const at::Tensor& states, bool hard) {
  return {static_cast<std::size_t>(states.size(1)), static_cast<std::size_t>(states.size(2)), hard};
}

/// All but the last of states (steps + 1, samples, units) as rows.
at::Tensor before(const at::Tensor& states) { return states.slice(0, 0, -1).flatten(0, 1); }

/// States (steps, samples, units) from wx = W x + b (steps, samples, 4 units) and u (units, 4 units).
struct Lstm : torch::autograd::Function<Lstm> {
  static Variable forward(AutogradContext* context, const Variable& wx, const Variable& u, bool hard) {
    const std::int64_t steps = wx.size(0), samples = wx.size(1), units = u.size(0);
    const at::Tensor gates = wx.clone(at::MemoryFormat::Contiguous);
    at::Tensor h = at::empty({steps + 1, samples, units}, wx.options()), c = at::empty_like(h);
    h[0].zero_();
    c[0].zero_();
    for (std::int64_t t = 0; t < steps; ++t) {
      gates[t].addmm_(h[t], u);
      lstm_forward(step_of(h, hard), floats_of(gates[t]), floats_of(c[t]), floats_of(c[t + 1]),
                   floats_of(h[t + 1]));
    }
    context->save_for_backward({u, gates, h, c});
    context->saved_data["hard"] = hard;
    return h.slice(0, 1);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &u = saved[0], &gates = saved[1], &h = saved[2], &c = saved[3];
    const at::Tensor by_h = gradients[0].contiguous();
    const at::Tensor by_gates = at::empty_like(gates), by_c = at::zeros_like(c[0]);
    const GateStep step = step_of(h, context->saved_data["hard"].toBool());
    at::Tensor by_now = by_h[-1];
    for (std::int64_t t = gates.size(0) - 1; t >= 0; --t) {
      lstm_backward(step, floats_of(gates[t]), floats_of(c[t]), floats_of(c[t + 1]), floats_of(by_now),
                    floats_of(by_c), floats_of(by_gates[t]));
      if (t > 0) by_now = at::addmm(by_h[t - 1], by_gates[t], u.t());
    }
    return {by_gates, at::mm(before(h).t(), by_gates.flatten(0, 1)), Variable()};
  }
};

/// The same of a gru; gates are 3 units wide.
struct Gru : torch::autograd::Function<Gru> {
  static Variable forward(AutogradContext* context, const Variable& wx, const Variable& u, bool hard) {
    const std::int64_t steps = wx.size(0), samples = wx.size(1), units = u.size(0);
    const at::Tensor gates = wx.clone(at::MemoryFormat::Contiguous);
    at::Tensor h = at::empty({steps + 1, samples, units}, wx.options());
    const at::Tensor reset_h = at::empty({steps, samples, units}, wx.options());
    h[0].zero_();
    const at::Tensor u_gates = u.slice(1, 0, 2 * units), u_fresh = u.slice(1, 2 * units);
    const GateStep step = step_of(h, hard);
    for (std::int64_t t = 0; t < steps; ++t) {
      gates[t].slice(1, 0, 2 * units).addmm_(h[t], u_gates);
      gru_forward_gates(step, floats_of(gates[t]), floats_of(h[t]), floats_of(reset_h[t]));
      gates[t].slice(1, 2 * units).addmm_(reset_h[t], u_fresh);
      gru_forward_state(step, floats_of(gates[t]), floats_of(h[t]), floats_of(h[t + 1]));
    }
    context->save_for_backward({u, gates, h, reset_h});
    context->saved_data["hard"] = hard;
    return h.slice(0, 1);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &u = saved[0], &gates = saved[1], &h = saved[2], &reset_h = saved[3];
    const std::int64_t units = u.size(0);
    const at::Tensor u_gates = u.slice(1, 0, 2 * units).t(), u_fresh = u.slice(1, 2 * units).t();
    const at::Tensor by_h = gradients[0].contiguous(), by_gates = at::empty_like(gates);
    const GateStep step = step_of(h, context->saved_data["hard"].toBool());
    at::Tensor by_now = by_h[-1].clone();
    for (std::int64_t t = gates.size(0) - 1; t >= 0; --t) {
      gru_backward_state(step, floats_of(gates[t]), floats_of(h[t]), floats_of(by_now),
                         floats_of(by_gates[t]));
      const at::Tensor by_reset_h = at::mm(by_gates[t].slice(1, 2 * units), u_fresh);
      gru_backward_gates(step, floats_of(gates[t]), floats_of(h[t]), floats_of(by_reset_h), floats_of(by_now),
                         floats_of(by_gates[t]));
      if (t > 0) by_now.addmm_(by_gates[t].slice(1, 0, 2 * units), u_gates).add_(by_h[t - 1]);
    }
    const at::Tensor rows = by_gates.flatten(0, 1);
    const at::Tensor by_u = at::cat({at::mm(before(h).t(), rows.slice(1, 0, 2 * units)),
                                     at::mm(reset_h.flatten(0, 1).t(), rows.slice(1, 2 * units))},
                                    1);
    return {by_gates, by_u, Variable()};
  }
};

}  // namespace

bool has_recurrent_kernels(const LayerSpec& layer, const at::Tensor& x) {
  const bool gates = layer.recurrent_activation == Activation::kSigmoid ||
                     layer.recurrent_activation == Activation::kHardSigmoid;
  const bool fresh = layer.activation == Activation::kDefault || layer.activation == Activation::kTanh;
  return layer.kind != LayerKind::kRnn && gates && fresh && x.scalar_type() == at::kFloat &&
         x.device().is_cpu() && x.size(1) > 0;
}

at::Tensor run_recurrent_kernels(const LayerSpec& layer, const at::Tensor& x, Tensors weights,
                                 const at::Tensor& mask) {
  const at::Tensor rows = x.transpose(0, 1).reshape({-1, x.size(2)});  // step by step
  const at::Tensor products =
      weights.size() > 2 ? at::addmm(weights[2], rows, weights[0]) : at::mm(rows, weights[0]);
  const at::Tensor wx = products.view({x.size(1), x.size(0), -1});
  const bool hard = layer.recurrent_activation == Activation::kHardSigmoid;
  const at::Tensor states =
      layer.kind == LayerKind::kLstm ? Lstm::apply(wx, weights[1], hard) : Gru::apply(wx, weights[1], hard);
  if (!mask.defined()) return layer.return_sequences ? states.transpose(0, 1) : states.select(0, -1);
  // Steps that do not count leave the state as it is: that of the last one that did, or zeros.
  const at::Tensor counted = mask.sum(1);  // (samples)
  const at::Tensor by_sample = states.transpose(0, 1);
  const at::Tensor place = (counted - 1).clamp_min(0).view({-1, 1, 1}).expand({-1, 1, by_sample.size(2)});
  const at::Tensor last = by_sample.gather(1, place).masked_fill(counted.eq(0).view({-1, 1, 1}), 0);
  return layer.return_sequences ? at::where(mask.unsqueeze(-1), by_sample, last) : last.squeeze(1);
}

}  // namespace akin::nn
