// The truth on disk.
#pragma once

#include <string>

#include "akin/data/synthetic.h"

namespace akin::synthetic {

/// Writes truth.safetensors atomically; `params` and `seed` go to its metadata. Throws Error(kIo).
void write_truth(const SyntheticTruth& truth, const ParamValues& params, std::uint64_t seed,
                 const std::string& path);

}  // namespace akin::synthetic
