// The parameters that a trained model needs to answer, in its file.
#pragma once

#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/base/safetensors.h"

namespace akin {

/// Stores each as the metadata "model.NAME".
void write_params(TensorWriter& writer, const std::vector<Param>& params);
/// Reads them back, under old names too. Throws Error(kBadData) for a missing one and for a wrong value.
void read_params(const TensorReader& reader, const std::vector<Param>& params, std::string_view model);

}  // namespace akin
