// Parts of a minibatch, and the processes that compute them.
#pragma once

#include <functional>

#include "akin/base/communicator.h"
#include "akin/nn/engine.h"

namespace akin::nn {

/// sum += part, of the same net.
void add_part(PartGradient& sum, const PartGradient& part);

/// Collective. The sum of compute(0), compute(1) ... compute(parts - 1), added in this order, of which each rank
/// calls about as many, `at_once` of them on threads: the same bits at any number of ranks and threads.
///
/// Bytes that all N ranks send for P parts and W weights: about 4 W (N - 1) (P / N + 1) for those that steps change as
/// a whole, and for each row of a table in a part 4 (columns + 1) (N - 1). Memory of a rank: 4 W (3 P / N + 1) bytes,
/// of a process alone 4 W (at_once + 1).
PartGradient sum_of_parts(const Communicator& ranks, std::size_t parts,
                          const std::function<PartGradient(std::size_t part)>& compute, int at_once = 1);

}  // namespace akin::nn
