// Which items a model knows anything of.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "akin/models/model.h"

namespace akin {

/// The score of what must not be in a list.
inline constexpr float kNever = -std::numeric_limits<float>::infinity();

/// A flag for each item that has training events, a vector that is not zero, or content that the model looks at. Of
/// the others a score says nothing (a vector of zeros scores 0, which may be above others): they belong below all
/// items that have a place. `popularity` = training events per item, of the whole catalogue or its first part.
std::vector<char> placed_items(const Model& model, const Traits& traits, std::span<const float> popularity);

}  // namespace akin
