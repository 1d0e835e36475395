// Sums over rows of logits, vectorized for the processor at hand.
#pragma once

#include <cstddef>

namespace akin::nn {

/// log sum of e^x over n floats, without overflow.
float log_sum_exp(const float* x, std::size_t n);
/// out[i] = scale e^(x[i] - shift), n of them; may be the same array.
void scaled_exp(const float* x, std::size_t n, float shift, float scale, float* out);

}  // namespace akin::nn
