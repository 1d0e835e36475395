// The parameters of a NcfNet under training, wherever they are.
#pragma once

#include <string_view>
#include <vector>

#include "akin/nets/pairs/ncf_batch.h"
#include "akin/nets/pairs/ncf_net.h"
#include "akin/optim/hogwild.h"
#include "akin/optim/optimizer.h"

namespace akin {

struct NcfTrainOptions {
  NcfObjective objective;
  std::size_t batch = 256;
  std::size_t negatives = 0;  ///< pairs with target 0 for each given one, drawn again each epoch
  bool linear = false;        ///< step lengths fall to 0 linearly over the epochs planned
  bool lazy = false;          ///< RowUpdates::kSparse, else kDense
  bool hogwild = false;       ///< each thread takes minibatches of its own
  bool async = false;         ///< each rank but the first takes minibatches of its own
  bool freeze_items = false;  ///< item vectors that the fit begins with (FitStart) are not trained
  OptimizerOptions optimizer;
  std::string_view model;  ///< named in messages
};

/// The minibatch `number` of an epoch, both from 0.
struct MinibatchIndex {
  int epoch = 0;
  std::size_t number = 0;
};

/// A row of a table and where a copy of it goes: Matrix::stride() floats, aligned to 8 bytes.
struct RowCopy {
  idx_t row;
  float* to;
};
/// What a minibatch needs of a net; `dense` in the order of NcfNet::dense(), with all padding.
struct NcfCopies {
  std::vector<RowCopy> users, items;
  std::vector<float*> dense;
};

/// A row of a table and its gradient, Matrix::stride() floats.
struct RowGradient {
  idx_t row;
  const float* gradient;
};
/// What a minibatch gives back, each row once.
struct NcfGradients {
  std::vector<RowGradient> users, items;
  std::vector<const float*> dense;
  double loss = 0;  ///< of the pairs, added up
};

/// A thread's way to parameters that others step at the same time, in this process or another.
class NcfParameters {
 public:
  virtual ~NcfParameters() = default;
  /// Copies what a minibatch needs, rows as all steps before it leave them.
  virtual void load(const MinibatchIndex& minibatch, const NcfCopies& copies) = 0;
  /// Steps down the gradients of a minibatch.
  virtual void step(const MinibatchIndex& minibatch, const NcfGradients& gradients) = 0;
};

/// A net and what steps it.
struct NcfOptimizers {
  /// `net` is not owned. `samples` are those of an epoch, of which `epochs` are planned.
  NcfOptimizers(const NcfTrainOptions& options, int epochs, std::size_t samples, NcfNet& net);

  /// Minibatches of an epoch.
  std::size_t batches() const { return (samples + options.batch - 1) / options.batch; }
  /// The step length of a minibatch.
  float rate_at(const MinibatchIndex& minibatch) const;
  void set_rate(float rate);
  /// The number of a minibatch's step, from 1 over all epochs.
  std::uint64_t step_of(const MinibatchIndex& minibatch) const {
    return static_cast<std::uint64_t>(minibatch.epoch) * batches() + minibatch.number + 1;
  }
  /// Counts steps from the first of an epoch.
  void start_epoch(int epoch);
  /// Brings these rows to where the epoch's steps leave them.
  void end_epoch(int epoch, const OwnRows& own);

  const NcfTrainOptions options;
  const int epochs;
  const std::size_t samples;
  NcfNet& net;
  RowOptimizer users, items;
  std::vector<DenseOptimizer> dense;
  /// 1 for items whose vectors stay as they are; empty = none. A row without steps has no moments, so that it
  /// does not move between steps either.
  std::vector<char> frozen_items = {};
};

/// The parameters of a net in this process, without locks (hogwild.h). Each thread has its own.
class SharedParameters : public NcfParameters {
 public:
  /// `shared` is not owned.
  explicit SharedParameters(NcfOptimizers& shared);
  void load(const MinibatchIndex& minibatch, const NcfCopies& copies) override;
  void step(const MinibatchIndex& minibatch, const NcfGradients& gradients) override;

 private:
  NcfOptimizers& shared_;
  HogwildCopies row_copies_;
  std::vector<HogwildCopies> dense_copies_;
};

}  // namespace akin
