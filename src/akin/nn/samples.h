// Checks and cuts of samples.
#pragma once

#include <span>
#include <vector>

#include "akin/nn/engine.h"

namespace akin::nn {

/// Throws Error(kBadData) naming sample and layer where an index is outside the rows of what reads the input.
void check_ids(const NetSpec& spec, std::size_t input, const Array& ids);

std::vector<Array> slice(const std::vector<Array>& inputs, std::int64_t begin, std::int64_t end);
Batch slice(const Batch& samples, std::int64_t begin, std::int64_t end);
Batch select(const Batch& samples, std::span<const std::int64_t> rows);

/// How many of `total` samples are left when the last share is cut off for validation, as Keras cuts.
std::int64_t training_samples(std::int64_t total, double validation_split);

/// Adds means over `samples` samples to sums.
void add_weighted(BatchResult& sums, const BatchResult& means, double samples);

}  // namespace akin::nn
