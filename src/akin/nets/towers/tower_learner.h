// An item tower that learns: what it reads of a minibatch's items, and its steps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "akin/models/fit/observer.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/towers/item_tower.h"
#include "akin/optim/optimizer.h"

namespace akin::towers {

struct LearnerOptions {
  OptimizerOptions optimizer = {};
  float dropout = 0;      ///< of the features of an item
  float id_dropout = 1;   ///< of the vector of an item that has features
  bool drop_all = false;  ///< and of those that have none
  std::uint64_t seed = 0;
};

/// For each minibatch: read(), pass().forward() by forward(), the caller adds to pass().slopes(), step().
class TowerLearner {
 public:
  /// `features` (items of the catalogue, inputs) and `tower` are used until the end. Throws Error(kUsage) for options out of range.
  TowerLearner(const Csr& features, const LearnerOptions& options, ItemTower& tower);

  /// What the tower reads of these items, without what minibatch `number` drops; of an item whose features would all be
  /// dropped, all of them.
  void read(std::span<const idx_t> items, std::uint64_t number);
  /// Vectors of items of which nothing was read are zero.
  void forward(WorkerTeam& team);
  ItemPass& pass() { return pass_; }
  /// Whether something was read of the item in this row.
  bool reads(std::size_t row) const { return inputs_.row_size(row) > 0 || ids_[row] != kNoId; }
  /// From pass().slopes() to a step of the maps of the features that were read, of the items' vectors and of all else.
  void step(WorkerTeam& team);
  void set_steps(std::uint64_t steps);
  /// The tower and the moments of its optimizers, under names that begin with `prefix`.
  void add_state(FitState& state, const std::string& prefix);

 private:
  const Csr& features_;
  const LearnerOptions options_;
  ItemTower& tower_;
  RowOptimizer map_optimizer_, id_optimizer_;
  std::vector<DenseOptimizer> dense_optimizers_;
  std::vector<Matrix> dense_gradients_;
  ItemPass pass_;
  std::vector<idx_t> ids_;
  Csr inputs_;
};

/// A tensor and the moments of its optimizer; nothing if it is empty.
void add_tensor(FitState& state, const std::string& name, Matrix& matrix,
                const std::vector<Matrix*>& moments);
/// A step of a whole matrix; nothing if it is empty.
void step_matrix(DenseOptimizer& optimizer, Matrix& matrix, const Matrix& gradient);

}  // namespace akin::towers
