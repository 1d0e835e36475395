// The greatest values over steps, and sums of scaled rows, vectorized for the processor at hand.
#pragma once

#include <cstddef>
#include <cstdint>

namespace akin::nn {

/// best[u] = the greatest of x[s, u], at[u] = the first step that has it; x is (steps, units), steps >= 1.
void greatest_over_steps(const float* x, std::size_t steps, std::size_t units, float* best, std::int32_t* at);
/// y[i] += a x[i], n of them.
void add_scaled(float a, const float* x, std::size_t n, float* y);

}  // namespace akin::nn
