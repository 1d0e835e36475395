// How content2vec learns: minibatches of pairs of items, some of them not together.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "akin/models/fit/alias_table.h"
#include "akin/models/fit/context.h"
#include "akin/nets/sequence/candidates.h"
#include "akin/nets/towers/pair_source.h"
#include "akin/nets/towers/pair_unit.h"
#include "akin/nets/towers/tower_learner.h"

namespace akin::towers {

/// A module, which has vectors of items: trained on whether two items go together, sigma(alpha v_a . v_b + beta).
struct PairModule {
  ItemTower tower;
  Matrix scale;  ///< (1, 2) alpha and beta
};

struct PairOptions {
  std::size_t negatives = 4;  ///< for each pair that goes together, of the same first item
  float power =
      0.75F;  ///< an item is drawn as one in proportion to how often it goes with others, to this power
  std::size_t batch = 512;  ///< pairs that go together in a step
  float dropout = 0;        ///< of the features of an item, in each module
  float id_dropout = 0;     ///< of an item's own vector
  OptimizerOptions optimizer = {};
};

/// Trains modules and the unit over them in place. Each module goes down its own mean logistic loss of the pairs; the unit at
/// the same time goes down that of its logits, by what the modules say, and moves none of them. Memory: a few rows for each
/// item and pair of a minibatch.
class PairTrainer {
 public:
  /// All are used until the end. `features` are of each module, (items of the catalogue, inputs). Throws Error(kUsage) for options
  /// out of range.
  PairTrainer(const PairSource& pairs, std::span<const Csr> features, const PairOptions& options,
              const FitContext& context, std::vector<PairModule>& modules, PairUnit& unit);
  /// The mean loss of the unit. Throws Error(kCancelled), and Error(kBadData) naming `model` if it diverges.
  double run_epoch(int epoch, std::string_view model);
  FitState state();

 private:
  struct Pair {
    std::uint32_t a, b;  // rows of the minibatch's items
    bool together;
  };
  double step(std::uint64_t number, std::span<const std::uint32_t> numbers);
  void draw_pairs(std::uint64_t number, std::span<const std::uint32_t> numbers);
  void score_module(std::size_t module);
  double score_unit();
  void embedding_gradient();

  const PairSource& pairs_;
  const PairOptions options_;
  const FitContext& context_;
  std::vector<PairModule>& modules_;
  PairUnit& unit_;
  WorkerTeam team_;
  std::unique_ptr<AliasTable> table_;
  std::vector<std::unique_ptr<TowerLearner>> learners_;
  std::vector<DenseOptimizer> scale_optimizers_, unit_optimizers_;
  std::vector<std::uint32_t> order_;
  // Of a minibatch:
  ItemRows items_;
  std::vector<Pair> batch_;
  UnitPass pass_;
  PairUnit gradients_;
  std::vector<Matrix> scale_gradients_;
  std::vector<float> slopes_;
  Matrix embedded_, embedded_slopes_;
};

}  // namespace akin::towers
