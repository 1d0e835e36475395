// The arithmetic of recurrent units, entry by entry, and of Adagrad.
#pragma once

#include <cstddef>

#include "akin/linalg/matrix.h"

namespace akin {

/// One layer of gated recurrent units (Cho et al. 2014), for n numbers at once:
///   r = sigma(r'), z = sigma(z'), c = tanh(c' + r u'), h <- (1 - z) c + z h
/// r', z' and c' are what input and bias give, r' and z' with the state's share, u' what the state gives to
/// c. All pointers are aligned to 64 bytes, n is a multiple of 16.
struct GruGates {
  float* reset;      ///< r' before, r after gru_forward()
  float* update;     ///< z'
  float* candidate;  ///< c'
  float* recurrent;  ///< u', kept
};

/// `next` <- the new state; it may not be `state`.
void gru_forward(const GruGates& gates, const float* state, float* next, std::size_t n);
/// Puts d loss / d r', z', c', u' in the place of the gates, given `gradient` = d loss / d next. The state
/// counts as a constant: nothing goes back to earlier steps.
void gru_backward(const GruGates& gates, const float* state, const float* gradient, std::size_t n);

/// One layer of long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000), for n
/// numbers at once:
///   i = sigma(i'), f = sigma(f'), g = tanh(g'), o = sigma(o'),  c <- f c + i g,  h = o tanh(c)
/// All pointers are aligned to 64 bytes, n is a multiple of 16.
struct LstmGates {
  float*
      input;  ///< i' before, i after lstm_forward(), d loss / d i' after lstm_backward(); so are the others
  float* forget;     ///< f'
  float* candidate;  ///< g'
  float* output;     ///< o'
};
/// From the cell before to the new cell and state.
void lstm_forward(const LstmGates& gates, const float* before, float* cell, float* state, std::size_t n);
/// Puts the gradients in the place of the gates, given those of the new state and, from later steps, of the new cell, whose
/// place the gradient of the cell before takes.
void lstm_backward(const LstmGates& gates, const float* before, const float* cell,
                   const float* state_gradient, float* cell_gradient, std::size_t n);

/// x <- tanh(x); then gradient <- gradient (1 - x^2): the unit of Elman 1990 and its derivative.
void tanh_forward(float* x, std::size_t n);
void tanh_backward(const float* x, float* gradient, std::size_t n);

/// x <- x * factors, entry by entry.
void multiply_entries(const float* factors, float* x, std::size_t n);

/// sum <- sum + g^2; v <- momentum v - rate g / sqrt(sum + epsilon); x <- x + v.
struct AdagradRule {
  float rate = 0;
  float momentum = 0;
};
/// One step of n numbers, as above; `velocity` = nullptr: without momentum.
void adagrad_step(const AdagradRule& rule, const float* gradient, float* x, float* sum, float* velocity,
                  std::size_t n);

namespace reference {
void gru_forward(const GruGates& gates, const float* state, float* next, std::size_t n);
void lstm_forward(const LstmGates& gates, const float* before, float* cell, float* state, std::size_t n);
void adagrad_step(const AdagradRule& rule, const float* gradient, float* x, float* sum, float* velocity,
                  std::size_t n);
}  // namespace reference

}  // namespace akin
