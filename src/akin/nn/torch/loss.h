// Losses and metrics.
#pragma once

#include <ATen/ATen.h>

#include "akin/nn/compile_options.h"

namespace akin::nn {

/// The activation of the output layer that the loss works out itself, from what goes into it; kLinear = none.
Activation folded_activation(const LayerSpec& output, Loss loss);

/// Mean loss. `output` is the output layer's, or where an activation is folded what goes into it; `targets`
/// have its shape, those of the sparse cross-entropy are class numbers of one dimension less; others: nn/loss.h.
at::Tensor loss_of(const CompileOptions& options, const at::Tensor& output, const at::Tensor& targets,
                   Activation folded);

/// The metric of the output layer's values.
double metric_of(Metric metric, Loss loss, const at::Tensor& output, const at::Tensor& targets);

/// Minus the sum over each list of log softmax(output)[class], mean over samples; lists (samples, length) hold class
/// + 1, or 0 for none: multinomial.cc.
at::Tensor multinomial(const at::Tensor& output, const at::Tensor& lists);

}  // namespace akin::nn
