// The update of skip-gram with negative sampling.
#pragma once

#include <cstddef>

namespace akin {

/// Outputs that one call updates at most: as many sums as AVX2 keeps in registers beside their operands.
inline constexpr std::size_t kSgnsMaxOutputs = 8;

/// One step of stochastic gradient descent on the loss -sum_t log sigma(s_t x_t), x_t = h . o_t, s_t = 1 for
/// the first `positives` outputs and -1 for the negatives after them (Mikolov et al., "Distributed
/// representations of words and phrases and their compositionality", 2013, eq. 4). With y_t = 1 or 0 and g_t
/// = alpha (y_t - sigma(x_t)):
///   h <- h + sum_t g_t o_t,   o_t <- o_t + g_t h   (right-hand h as before the step)
/// `input` and the rows of `outputs` hold `stride` floats (a multiple of 16), 64-byte aligned; the input is
/// none of the outputs, an output may occur twice. n_outputs <= kSgnsMaxOutputs. Returns the loss,
/// each term of it at most 16 or so.
float sgns_step(float* input, float* const* outputs, std::size_t n_outputs, std::size_t positives,
                std::size_t stride, float alpha);

namespace reference {
float sgns_step(float* input, float* const* outputs, std::size_t n_outputs, std::size_t positives,
                std::size_t stride, float alpha);
}

}  // namespace akin
