// How many threads a net is worth.
#pragma once

#include <cstdint>

#include "akin/nn/net_spec.h"

namespace akin::nn {

/// Multiplications of one sample's way through the net: weights times the positions that they are applied to. Rows of
/// embeddings are looked up, not multiplied.
std::int64_t multiplications(const NetSpec& spec);

/// The threads for batches of that size where the caller leaves it open (`wanted` 0): one for each 1e7
/// multiplications of a batch, at least one, at most the number of processors. Below that, handing out the work
/// takes longer than the work. Else `wanted`.
int threads_for(const NetSpec& spec, std::int64_t batch_size, int wanted);

}  // namespace akin::nn
