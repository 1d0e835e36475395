// A NcfNet under training by processes that do not wait for each other (Downpour SGD; Dean et al., "Large scale
// distributed deep networks", NIPS 2012).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/nets/pairs/ncf_parameters.h"

namespace akin {

/// Rank 0: has the net and its optimizers, gives workers what their minibatches need, and steps down the gradients
/// that they send, in the order in which they come. It computes no gradients.
///
/// Bytes of a minibatch with R different users and items: 4 R for their numbers, twice; their rows of Matrix::stride()
/// floats and what is dense (NcfNet::dense()), once as they are and once as gradients.
class NcfServer {
 public:
  /// None is owned.
  NcfServer(const Communicator& ranks, NcfOptimizers& optimizers)
      : ranks_(ranks), optimizers_(optimizers), parameters_(optimizers) {}
  /// Serves until minibatches [first, last) of the epoch have been stepped, counted as they come; returns their
  /// losses, added up.
  double serve(int epoch, std::size_t first, std::size_t last);

 private:
  void answer(const MinibatchIndex& minibatch, const Communicator::Message& request);
  double step(const MinibatchIndex& minibatch, const Communicator::Message& gradients);

  const Communicator& ranks_;
  NcfOptimizers& optimizers_;
  SharedParameters parameters_;
};

/// Another rank's way to them.
class RemoteParameters : public NcfParameters {
 public:
  /// `net` gives the shapes.
  RemoteParameters(const Communicator& ranks, const NcfNet& net);
  void load(const MinibatchIndex& minibatch, const NcfCopies& copies) override;
  void step(const MinibatchIndex& minibatch, const NcfGradients& gradients) override;

 private:
  const Communicator& ranks_;
  std::size_t stride_;                   // of vectors
  std::vector<std::size_t> dense_size_;  // floats
};

}  // namespace akin
