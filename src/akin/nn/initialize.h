// What weights are before anything is learned.
#pragma once

#include <cstdint>

#include "akin/nn/array.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {

/// All weights of the net, named layer/weight, in the order of the layers: random ones from streams of
/// `seed`, one a weight, the same on every machine and with every version of torch. `dtype` is "float" or
/// "double". Pretrained tables are read from their files; Throws Error(kBadData) where a table does not fit.
/// Cost: O(parameters), for recurrent kernels O(units^3).
std::vector<NamedArray> initial_weights(const NetSpec& spec, std::uint64_t seed, const std::string& dtype);

}  // namespace akin::nn
