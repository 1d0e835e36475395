// How towers learn: minibatches of histories and next items, or of items that go together.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/sequence/candidates.h"
#include "akin/nets/towers/candidate_loss.h"
#include "akin/nets/towers/item_tower.h"
#include "akin/nets/towers/pair_source.h"
#include "akin/nets/towers/tower_learner.h"
#include "akin/nets/towers/user_tower.h"
#include "akin/optim/optimizer.h"

namespace akin::towers {

/// What the logits of candidates that were drawn are corrected by.
enum class Correction {
  kNone,
  /// ln of how often an item is expected to be drawn, from every logit (Yi et al., "Sampling-bias-corrected neural modeling
  /// for large corpus item recommendations", RecSys 2019).
  kLogQ,
  /// The same from all but the positive's, which is there whatever is drawn (Khrylchenko et al., "Correcting the LogQ
  /// correction", RecSys 2025, with the weight 1 - p taken from the same draw): the sum over the candidates then
  /// estimates that over all items.
  kRefined,
};
/// "none", "logq", "refined".
Correction parse_correction(std::string_view name);

/// What is learned from.
struct TowerData {
  const Csr& features;    ///< (items of the catalogue, inputs)
  const Csr& attributes;  ///< (users, attributes), or no columns
  Sequences sequences = {};
};

struct TowerOptions {
  CandidateLoss loss = CandidateLoss::kSoftmax;
  Correction correction = Correction::kRefined;
  std::size_t negatives = 512;  ///< drawn uniformly for each minibatch, beside its targets
  std::size_t batch = 512;
  float dropout = 0;     ///< of the features of an item
  float id_dropout = 1;  ///< of the vector of an item that has features
  bool learn_temperature = true;
  bool learn_ages = true;  ///< else the items of a history count the same; so they do with a window
  /// 0: each item but the first of a sequence is predicted from those before it. Else from one item that is at most so many
  /// places before or after it, drawn with probability ~ decay^(distance - 1).
  std::size_t window = 0;
  float decay = 1;
  OptimizerOptions optimizer = {};
};

/// Trains an item tower and a user tower in place. Memory: scores of a minibatch by its candidates, and a few rows for each
/// different item in it.
class TowerTrainer {
 public:
  /// All are used until the end. `users` has attributes if the data have. Throws Error(kUsage) for options out of range.
  TowerTrainer(const TowerData& data, const TowerOptions& options, const FitContext& context,
               ItemTower& items, UserTower& users);

  /// How many targets an epoch has; with none there is nothing to learn.
  std::size_t targets() const { return order_.size(); }
  /// Its mean loss. Throws Error(kCancelled), and Error(kBadData) naming `model` if it diverges.
  double run_epoch(int epoch, std::string_view model);
  /// The towers and the moments of their optimizers.
  FitState state();

 private:
  struct Slot {
    std::size_t begin = 0, size = 0;  // its history in rows_ and weights_
    idx_t target = 0;
    idx_t user = 0;
    float length = 0;
  };
  void find_positions();
  double step(std::uint64_t number, std::span<const std::uint64_t> positions);
  void fill_slots(std::uint64_t number, std::span<const std::uint64_t> positions);
  double score_slots(std::size_t begin, std::size_t end, float weight);
  void candidate_gradients(std::size_t begin, std::size_t end);
  void step_users();
  UserInput input_of(const Slot& slot) const;

  const TowerData& data_;
  const TowerOptions options_;
  const FitContext& context_;
  ItemTower& items_;
  UserTower& users_;
  WorkerTeam team_;
  std::vector<std::uint64_t> positions_, order_;  // that have something to learn from
  std::vector<std::uint32_t> counts_;             // of each item as a target
  std::vector<Candidates> candidates_;            // one
  TowerLearner learner_;                          // of items_
  std::vector<DenseOptimizer> user_optimizers_;   // of ages, attributes and sharpness
  // Of a minibatch:
  ItemRows batch_items_;  // by row of the pass, the candidates first
  std::vector<Slot> slots_;
  std::vector<idx_t> targets_;
  std::vector<std::uint32_t> rows_;
  std::vector<float> weights_, log_weights_;
  std::size_t n_candidates_ = 0;
  Matrix user_vectors_, user_slopes_, logits_, candidate_columns_;
  std::vector<double> losses_;  // by block
  UserTower user_gradients_;
};

}  // namespace akin::towers
