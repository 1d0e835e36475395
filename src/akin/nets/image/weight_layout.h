// From the tensors of other libraries to the weights of a net.
#pragma once

#include <string>
#include <vector>

#include "akin/nets/image/architectures.h"
#include "akin/nets/image/conv_net.h"
#include "akin/nets/image/weights.h"

namespace akin::nets {

/// Names of an operation's tensors in a file; those of batch normalization are empty where it has a bias.
struct TensorNames {
  std::string weight, bias, scale, shift, mean, variance;
};
/// `index`: the library's in op.files.
TensorNames tensor_names(const ConvOp& op, const WeightLibrary& library, std::size_t index);

/// The shape that an operation's weights have in a file.
std::vector<std::size_t> shape_in_file(const ConvPlan& plan, int op, const WeightLibrary& library);

/// The weights of an operation, batch normalization folded into them. All its tensors are there, in the right shape. Throws
/// Error(kBadData) for a negative variance.
OpWeights take_weights(const WeightTensors& tensors, const ConvPlan& plan, int op,
                       const WeightLibrary& library, std::size_t index, const std::string& path);

}  // namespace akin::nets
