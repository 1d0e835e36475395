// Who makes the gradients of whole minibatches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/nets/pairs/ncf_batch.h"
#include "akin/nets/pairs/ncf_net.h"
#include "akin/nets/pairs/ncf_parameters.h"
#include "akin/nets/pairs/ncf_source.h"

namespace akin {

/// Works on copies of what a minibatch needs. For one thread. Memory: the layers, and of each pair of a
/// minibatch its vectors and their gradients; 8 bytes a user and item.
class NcfWorker {
 public:
  /// `net` gives the shapes.
  NcfWorker(const NcfNet& net, const NcfTrainOptions& options);

  /// Loads what these samples of the source need, and steps the parameters down their gradients; returns
  /// their losses, added up. `seed` is of dropout.
  double train(const MinibatchIndex& minibatch, const NcfSource& source,
               std::span<const std::uint32_t> samples, std::uint64_t seed, NcfParameters& parameters);

 private:
  NcfBatch batch_;
  NcfNet net_;            // only what is dense
  Matrix users_, items_;  // row s: that of pair s, if no earlier pair has the same
  std::vector<Matrix> transposed_;
  NcfCopies copies_;
  NcfGradients gradients_;
};

}  // namespace akin
