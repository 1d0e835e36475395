// The area under the ROC curve.
#pragma once

#include <span>

namespace akin {

/// The share of (positive, negative) pairs with the positive's score higher, ties half: the area under the ROC curve (Hanley &
/// McNeil 1982); NaN without a pair. No NaN among the scores. Cost: O(n log n).
double pair_area(std::span<const float> scores, std::span<const char> positive);

}  // namespace akin
