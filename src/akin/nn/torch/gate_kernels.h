// One step of a recurrent layer's gates, all that is not a matrix product, in one pass over floats.
#pragma once

#include <cstddef>

namespace akin::nn {

/// A step of a batch: `rows` samples of `width` units. Gates of a sample lie side by side, 4 x width of an lstm
/// (update, forget, fresh, output), 3 x width of a gru (update, reset, fresh), as in Keras; states are
/// (rows, width). Gates are sigmoids or `hard` sigmoids, the fresh state is a tanh. Equations: recurrent.cc.
struct GateStep {
  std::size_t rows, width;
  bool hard;
};

/// gates: before their activations, then after; c and h: the new state.
void lstm_forward(const GateStep& step, float* gates, const float* c_before, float* c, float* h);
/// `gates` and `c` are what lstm_forward() left, `dh` the gradient by h. dc: the gradient by c that comes from the
/// step after, then the one by c_before. d_gates: the gradient before the activations.
void lstm_backward(const GateStep& step, const float* gates, const float* c_before, const float* c,
                   const float* dh, float* dc, float* d_gates);

/// Activates update and reset; reset_h = reset x h_before.
void gru_forward_gates(const GateStep& step, float* gates, const float* h_before, float* reset_h);
/// Activates the fresh state; h: the new state.
void gru_forward_state(const GateStep& step, float* gates, const float* h_before, float* h);
/// Writes the gradients of update and fresh into d_gates. dh: the gradient by h, then what of it comes to
/// h_before by way of the update gate.
void gru_backward_state(const GateStep& step, const float* gates, const float* h_before, float* dh,
                        float* d_gates);
/// Writes the gradient of reset into d_gates, given that by reset_h, and adds to dh what comes to h_before.
void gru_backward_gates(const GateStep& step, const float* gates, const float* h_before,
                        const float* d_reset_h, float* dh, float* d_gates);

}  // namespace akin::nn
