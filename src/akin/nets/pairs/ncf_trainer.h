// How a NcfNet learns: minibatches, optimizers, threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/pairs/ncf_batch.h"
#include "akin/nets/pairs/ncf_downpour.h"
#include "akin/nets/pairs/ncf_net.h"
#include "akin/nets/pairs/ncf_parameters.h"
#include "akin/nets/pairs/ncf_ranks.h"
#include "akin/nets/pairs/ncf_source.h"
#include "akin/nets/pairs/ncf_worker.h"

namespace akin {

/// Trains the net on an NcfSource. A step goes down the mean loss of a minibatch; minibatches are assigned again
/// each epoch. All vectors are updated as in a dense table, at the cost of those in the minibatch (RowOptimizer,
/// RowUpdates::kDense), or with `lazy` only those.
///
/// The same bits at any number of threads and ranks: they share every minibatch by tiles (NcfBatch). So minibatches
/// of one tile gain nothing from threads or ranks. With `hogwild` each thread takes whole minibatches and steps the
/// net without locks (hogwild.h): faster, and on more than one thread another result each time. With `async` ranks do
/// so, on one thread each; the first has the parameters and trains nothing (NcfServer). Cost of an epoch:
/// O(pairs x (weights of the layers + columns)); memory: moments as large as the net, 4 bytes a pair.
class NcfTrainer {
 public:
  /// None of them is owned. `epochs` are planned, for progress reports and NcfTrainOptions::linear. Throws
  /// Error(kUsage) for NcfTrainOptions::freeze_items where FitContext::start gives no item vectors, for hogwild on
  /// several ranks, and for async on one, unless it continues from a model. `pairs` is the whole matrix on each of
  /// them (gather_csr()).
  NcfTrainer(const Csr& pairs, const NcfTrainOptions& options, int epochs, const FitContext& context,
             NcfNet& net);

  /// Epoch number `epoch` from 0; returns the mean loss of its pairs, each before its step. Throws
  /// Error(kBadData) if it is not finite. Collective.
  double run_epoch(int epoch);
  /// Collective. Brings the whole net to every rank, with the moments if there is an observer: a rank has those of
  /// its own rows.
  void gather();
  /// Adds the net and the optimizers' moments, named with this prefix.
  void add_state(const std::string& prefix, FitState& state);

 private:
  /// What a thread has of its own with hogwild.
  struct Worker {
    NcfWorker worker;
    SharedParameters parameters;
  };

  /// What a rank has with async.
  struct RemoteWorker {
    RemoteWorker(NcfNet& net, const NcfTrainOptions& options, const Communicator& ranks)
        : worker(net, options), parameters(ranks, net) {}
    NcfWorker worker;
    RemoteParameters parameters;
  };

  std::span<const std::uint32_t> samples(std::size_t batch) const;
  std::uint64_t dropout_seed(int epoch) const;
  double train(int epoch, std::size_t first, std::size_t last);
  double train_together(int epoch, std::size_t first, std::size_t last);
  void read(std::span<const std::uint32_t> samples);
  void step();
  void step_dense();
  void gather_from_server();
  double train_apart(int epoch, std::size_t first, std::size_t last);
  double train_remote(int epoch, std::size_t first, std::size_t last);

  const FitContext& context_;
  NcfNet& net_;
  NcfSource source_;
  NcfRanks ranks_;
  NcfOptimizers optimizers_;
  std::vector<Matrix> transposed_;
  std::optional<NcfBatch> batch_;       // where threads share minibatches
  std::vector<Worker> workers_;         // with hogwild
  std::optional<NcfServer> server_;     // with async, of the first rank
  std::optional<RemoteWorker> remote_;  // and of the others
  WorkerTeam team_;
};

}  // namespace akin
