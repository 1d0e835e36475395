// What an ImageNet is made of.
#pragma once

#include <string>
#include <vector>

#include "akin/nets/image/conv_net.h"
#include "akin/nets/image/image_net.h"
#include "akin/nets/image/residual.h"

namespace akin::nets {

struct ImageNetParts {
  std::string architecture;             ///< architectures.h, or "residual"
  std::size_t library = 0;              ///< whose weights they are, of the architecture's libraries
  int classes = 0;                      ///< 0 = without a head
  std::vector<OpWeights> weights = {};  ///< of each operation of the plan
  Preprocessing preprocessing = {};
  std::string manifest = "{}";
  NetPrecision precision = NetPrecision::kFloat32;
  ResidualShape residual = {};  ///< of a residual net

  /// Throws Error(kUsage) for an unknown architecture.
  const WeightLibrary& library_of() const;
  ConvPlan plan() const;
};

}  // namespace akin::nets
