// How a PairNet learns: minibatches, optimizers, threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/models/factor/worker_team.h"
#include "akin/models/fit_observer.h"
#include "akin/models/neural/pair_batch.h"
#include "akin/models/neural/pair_net.h"
#include "akin/models/neural/pair_source.h"
#include "akin/optim/hogwild.h"
#include "akin/optim/optimizer.h"

namespace akin {

struct PairTrainOptions {
  PairObjective objective;
  std::size_t batch = 256;
  std::size_t negatives = 0;  ///< pairs with target 0 for each given one, drawn anew each epoch
  bool linear = false;        ///< step lengths fall to 0 linearly over the epochs planned
  bool lazy = false;          ///< IdleRows::kStay, else kMoveOn
  bool hogwild = false;       ///< each thread takes minibatches of its own
  OptimizerOptions optimizer;
  std::string_view model;  ///< named in messages
};

/// Trains the net on a PairSource. A step goes down the mean loss of a minibatch; minibatches are dealt anew
/// each epoch. All vectors move on by their momentum, at the cost of those in the minibatch (RowOptimizer,
/// IdleRows::kMoveOn), or with `lazy` only those.
///
/// The same bits at any number of threads: they share every minibatch by tiles (PairBatch). So minibatches of
/// one tile gain nothing from threads. With `hogwild` each thread takes whole minibatches and steps the net
/// without locks (hogwild.h): faster, and on more than one thread another result each time. Cost of an epoch:
/// O(pairs x (weights of the layers + columns)); memory: moments as large as the net, 4 bytes a pair.
class PairTrainer {
 public:
  /// All are not owned. `epochs` are planned, for progress reports and PairTrainOptions::linear.
  PairTrainer(const Csr& pairs, const PairTrainOptions& options, int epochs, const Context& context,
              PairNet& net);

  /// Epoch number `epoch` from 0; returns the mean loss of its pairs, each before its step. Throws
  /// Error(kBadData) if it is not finite.
  double run_epoch(int epoch);
  /// Adds the net and the optimizers' moments, named with this prefix.
  void add_state(const std::string& prefix, FitState& state);

 private:
  /// What a thread has of its own with hogwild.
  struct Worker {
    PairBatch batch;
    PairNet net;          // a copy of the layers
    Matrix users, items;  // copies of the pairs' vectors
    std::vector<Matrix> transposed;
    HogwildCopies user_copies, item_copies;
    std::vector<HogwildCopies> dense_copies;
    Worker(const PairNet& shared, const PairTrainOptions& options);
  };

  std::size_t batches() const { return (source_.size() + options_.batch - 1) / options_.batch; }
  std::span<const std::uint32_t> samples(std::size_t batch) const;
  float rate_at(int epoch, std::size_t batch) const;
  void set_rate(float rate);
  std::uint64_t dropout_seed(int epoch) const;
  double train_together(int epoch, std::size_t first, std::size_t last);
  void read(std::span<const std::uint32_t> samples);
  void step();
  void step_dense();
  double train_apart(int epoch, std::size_t first, std::size_t last);
  double train_alone(int epoch, std::size_t number, Worker& worker);

  const PairTrainOptions options_;
  const int epochs_;
  const Context& context_;
  PairNet& net_;
  PairSource source_;
  RowOptimizer user_steps_, item_steps_;
  std::vector<DenseOptimizer> dense_steps_;
  std::vector<Matrix> transposed_;
  std::optional<PairBatch> batch_;  // without hogwild
  std::vector<Worker> workers_;     // with it
  WorkerTeam team_;
};

}  // namespace akin
