// Whether a data set holds what a model learns from.
#pragma once

#include <string>

#include "akin/catalog/registry.h"

namespace akin {

/// What the model needs (Traits::uses_content, and the fields that its parameters name) and `data` does not have, with
/// the flag of `akin import` that brings it; "" if it has everything.
std::string missing_source(const ModelSpec& model, const Dataset& data);

}  // namespace akin
