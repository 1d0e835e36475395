// What a net's training makes small, and which targets it takes.
#pragma once

#include <span>
#include <string_view>

#include "akin/nn/net_spec.h"

namespace akin::nn {

/// Losses, each a mean over all values of a batch, as in Keras. The cross-entropies are worked out from what
/// goes into a last sigmoid or softmax, so that they neither overflow nor take the logarithm of 0.
enum class Loss { kMse, kMae, kBinaryCrossentropy, kCategoricalCrossentropy, kSparseCategoricalCrossentropy };
Loss parse_loss(std::string_view name);
std::string_view to_string(Loss loss);

/// Whether targets of the shape suit the loss and output of the net. Throws Error(kUsage) saying what would.
void check_targets(const NetSpec& spec, Loss loss, const Shape& target);
/// Throws Error(kBadData) naming the target that is not what the loss is made for:
/// a class number, or a probability.
void check_labels(const NetSpec& spec, Loss loss, std::span<const float> targets);

}  // namespace akin::nn
