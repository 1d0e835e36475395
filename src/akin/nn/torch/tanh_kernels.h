// tanh of floats, vectorized for the processor at hand.
#pragma once

#include <cstddef>

namespace akin::nn {

/// y[i] = tanh(x[i]), n of them.
void tanh_forward(const float* x, std::size_t n, float* y);
/// dx[i] = dy[i] (1 - y[i]^2).
void tanh_backward(const float* y, const float* dy, std::size_t n, float* dx);

}  // namespace akin::nn
