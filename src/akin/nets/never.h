// The score of items that nobody has chosen.
#pragma once

namespace akin::nets {

/// Finite, because it stands in vectors too, and no logit comes near.
inline constexpr float kNeverLogit = -1000.0f;

}  // namespace akin::nets
