// How a PairNet learns: minibatches, losses, optimizers, threads.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/models/factor/worker_team.h"
#include "akin/models/fit_observer.h"
#include "akin/models/neural/pair_net.h"
#include "akin/models/sampling.h"
#include "akin/optim/optimizer.h"

namespace akin {

/// What a pair's score y is to be, given its target r.
enum class PairLoss {
  kAbsolute,  ///< |y - r|, "mae"
  kSquared,   ///< (y - r)^2, "mse"
  kLogistic,  ///< -r ln sigma(y) - (1 - r) ln(1 - sigma(y)): binary cross-entropy, r = 0 or 1
};

/// A user's item and what its score is to be.
struct PairTarget {
  idx_t item;
  float target;
};

/// The loss of one pair and its derivative by y.
struct LossAt {
  float loss, slope;
};
LossAt loss_at(PairLoss loss, float y, float target);

struct PairTrainOptions {
  PairLoss loss = PairLoss::kLogistic;
  std::size_t batch = 256;
  std::size_t negatives = 0;  ///< pairs with target 0 for each given one, drawn anew each epoch
  float drop = 0;             ///< dropout of what the first layer reads
  float regularization = 0;   ///< lambda: each pair's loss has lambda / 2 (|user|^2 + |item|^2) beside
  bool linear = false;        ///< step lengths fall to 0 linearly over the epochs planned
  OptimizerOptions optimizer;
  std::string_view model;  ///< named in messages
};

/// Trains the net on the entries of a matrix (users, items): with negatives = 0 their values are targets,
/// else targets are 1, and 0 for the negatives, drawn from the items the user has no entry with. A step goes
/// down the mean loss of a minibatch; minibatches are dealt anew each epoch. Of the vectors only rows of the
/// minibatch move (RowOptimizer).
///
/// The same bits at any number of threads: pairs are handled in tiles of PairTile::kPairs, whose gradients
/// are added in order. So minibatches of one tile gain nothing from threads. Cost of an epoch: O(pairs x
/// (weights of the layers + columns)); memory: moments as large as the net, 4 bytes a pair.
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
  void set_rate(double done);
  void train_batch(int epoch, std::span<const std::uint32_t> samples);
  void pass_tile(int epoch, std::size_t tile);
  void draw(int epoch, std::size_t first, std::size_t count);
  std::size_t n_samples() const { return pairs_.values.size() * (options_.negatives + 1); }

  const Csr& pairs_;
  const PairTrainOptions options_;
  const int epochs_;
  const Context& context_;
  PairNet& net_;
  std::vector<idx_t> user_of_;  // of each entry
  std::optional<NegativeSampler> sampler_;
  std::vector<idx_t> all_items_;

  RowOptimizer user_steps_, item_steps_;
  std::vector<DenseOptimizer> dense_steps_;
  std::vector<Matrix> transposed_;

  // The minibatch at hand.
  std::span<const std::uint32_t> samples_;
  std::uint64_t batch_seed_ = 0;
  std::vector<idx_t> users_, items_;
  std::vector<float> targets_;
  Matrix user_gradients_, item_gradients_;  // of each pair
  std::vector<PairTile> tiles_;
  std::vector<double> losses_;  // of each tile

  // Which pair of the minibatch has a row's gradient.
  struct RowSum {
    std::vector<std::uint32_t> seen_in;  // of each row: the minibatch that had it last
    std::vector<std::uint32_t> place;
    std::vector<std::uint32_t> places;  // of this minibatch's different rows
    std::uint32_t batch = 0;
  };
  static void step_rows(std::span<const idx_t> rows, float penalty, Matrix& gradients, RowSum& sum,
                        RowOptimizer& optimizer, Matrix& table);
  void step_dense();
  RowSum user_sum_, item_sum_;
  WorkerTeam team_;
};

}  // namespace akin
