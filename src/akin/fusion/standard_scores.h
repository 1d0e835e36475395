// Scores of one query made comparable with those of other sources.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/placed.h"

namespace akin {

/// Scores by item with their mean and standard deviation over the items that have one, kNever being none.
struct StandardScores {
  std::vector<float> scores;  ///< by item; empty = the source has no answer
  float mean = 0;
  float deviation = 0;  ///< 0 = all are equal
  bool damped = false;  ///< of a source most of whose scores are zero: see z()

  bool has(idx_t item) const { return !scores.empty() && scores[item] != kNever && deviation > 0; }
  /// (score - mean) / deviation; 0, the mean, where there is none.
  float straight(idx_t item) const { return has(item) ? (scores[item] - mean) / deviation : 0; }
  /// The same, or asinh of it if damped: it grows by its logarithm where it is large. Items share no word with most others,
  /// so that one that shares a rare word is tens of deviations away, which no sum with other sources could make up for.
  float z(idx_t item) const { return damped ? std::asinh(straight(item)) : straight(item); }
};

/// Mean and deviation are over all items but those of `without`, such as a history, whose scores to themselves say
/// nothing of others; over all if nothing else has a score.
StandardScores standardize(std::vector<float> scores, std::span<const idx_t> without);

}  // namespace akin
