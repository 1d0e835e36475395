// From a fit to a bundle.
#pragma once

#include <cstdint>

#include "akin/catalog/fit.h"
#include "akin/data/split_dataset.h"
#include "akin/store/bundle.h"

namespace akin {

/// The bundle of a model fitted to the training side, with all its parameters. The data are moved into it.
Bundle make_bundle(SplitDataset data, const ModelSpec& spec, std::uint64_t seed, Fitted fitted);

}  // namespace akin
