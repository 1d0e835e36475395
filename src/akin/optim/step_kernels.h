// One pass over parameters, gradient and moments, dispatched at run time to the best instruction set.
#pragma once

#include <cstddef>

#include "akin/optim/update_rule.h"

namespace akin {

/// Floats that a kernel takes at a time: what a row of a Matrix is padded to.
inline constexpr std::size_t kStepFloats = 16;

/// Steps n parameters x by their gradient g, as recurrences.h says, and brings the moments m and v up to
/// date; a moment that the rule does not have is not touched. n is a multiple of kStepFloats. Where x, g and
/// both moments are zero they stay zero, so padding stays padding.
using StepKernel = void (*)(const StepConstants<float>&, float* x, const float* g, float* m, float* v,
                            std::size_t n);

/// The kernel of a rule on this processor. Ask once, not per step.
StepKernel step_kernel(UpdateRule rule);

/// Moves n parameters on as ZeroGradientSteps says, n a multiple of kStepFloats.
using ZeroGradientKernel = void (*)(const ZeroGradientSteps&, float rate, float* x, float* m, float* v,
                                    std::size_t n);

/// The kernel of a rule, or null if steps without a gradient change nothing (sgd, adagrad).
ZeroGradientKernel zero_gradient_kernel(UpdateRule rule);

namespace reference {
/// The same by the scalar recurrences; the oracle of the tests. Any n will do.
StepKernel step_kernel(UpdateRule rule);
}  // namespace reference

}  // namespace akin
