// Who makes the gradients of whole minibatches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/models/neural/pair_batch.h"
#include "akin/models/neural/pair_net.h"
#include "akin/models/neural/pair_parameters.h"
#include "akin/models/neural/pair_source.h"

namespace akin {

/// Works on copies of what a minibatch needs. For one thread. Memory: the layers, and of each pair of a
/// minibatch its vectors and their gradients; 8 bytes a user and item.
class PairWorker {
 public:
  /// `net` gives the shapes.
  PairWorker(const PairNet& net, const PairTrainOptions& options);

  /// Loads what these samples of the source need, and steps the parameters down their gradients; returns
  /// their losses, added up. `seed` is of dropout.
  double train(const PairTurn& turn, const PairSource& source, std::span<const std::uint32_t> samples,
               std::uint64_t seed, PairParameters& parameters);

 private:
  PairBatch batch_;
  PairNet net_;           // only what is dense
  Matrix users_, items_;  // row s: that of pair s, if no earlier pair has the same
  std::vector<Matrix> transposed_;
  PairCopies copies_;
  PairGradients gradients_;
};

}  // namespace akin
