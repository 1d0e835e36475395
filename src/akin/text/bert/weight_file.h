// The weights of a transformer in a safetensors file of other programs.
#pragma once

#include <string>
#include <vector>

#include "akin/text/bert/network.h"

namespace akin::bert {

/// The tensors of tensor_shapes(), from float32, float16 or bfloat16; with or without the prefixes of the libraries that
/// wrote them (bert., roberta., 0.auto_model. ...), with the old names gamma and beta, and with those of distilbert. Tensors that
/// no vector depends on, such as those of a pooler, are left. Throws Error(kBadData) naming one that is missing, twice
/// there, or of another shape.
std::vector<Matrix> read_weights(const std::string& path, const NetworkConfig& config);

}  // namespace akin::bert
