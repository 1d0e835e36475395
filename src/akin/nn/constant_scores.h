// What a net must beat.
#pragma once

#include "akin/nn/net.h"

namespace akin::nn {

/// Loss and metrics on `targets` of an output that is the same for every sample, the best one for each score by
/// `train`: the mean, for absolute errors the median, for cross-entropies the frequencies of the classes, for
/// accuracies the most frequent class. Both arrays hold at least one sample, of the same shape, that suits the
/// loss (check_targets()).
Scores constant_scores(const CompileOptions& options, const Array& train, const Array& targets);

}  // namespace akin::nn
