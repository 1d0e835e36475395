// What one source adds to a score.
#pragma once

#include <string>

namespace akin {

/// weight x z: the shares of all sources add up to the score of a fused model.
struct SourceShare {
  std::string source;
  float weight = 0;   ///< of the source, for items with as many events
  float z = 0;        ///< its score, standardized over the items; 0, the mean, where it knows nothing
  bool known = true;  ///< whether it has a vector of the item, and of something in the query
  float adds() const { return weight * z; }
};

}  // namespace akin
