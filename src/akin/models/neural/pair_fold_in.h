// Users and items that a PairNet was not trained with.
#pragma once

#include <span>
#include <vector>

#include "akin/models/fit/start.h"
#include "akin/models/neural/pair_batch.h"
#include "akin/models/neural/pair_net.h"

namespace akin {

/// Whose vector is looked for.
enum class PairSide { kUser, kItem };

/// What is known of a user: items and targets; of an item: users and targets.
struct PairTargets {
  std::vector<idx_t> others;
  std::vector<float> targets;
};

/// The mean of the rows that are not zero, (1, cols).
Matrix mean_row(const Matrix& rows);

/// Finds vectors by steps of Adam down the mean loss of what is known, all else fixed. Nets that rank
/// (PairLoss::kLogistic) have targets 1, and others are drawn against them, anew in each step, with target 0.
class PairFoldIn {
 public:
  static constexpr int kSteps = 50;
  static constexpr std::size_t kDrawn = 4;  ///< items against each of a user's

  /// The net is not owned.
  PairFoldIn(const PairNet& net, PairLoss loss) : net_(net), loss_(loss) {}

  /// Moves `row` (1, columns()), given where to begin, to the user's vector. Draws depend on the history
  /// only. Cost: kSteps passes of its pairs.
  void user(const PairTargets& history, Matrix& row) const;
  /// To the item's. `drawn` users are drawn of `pool`, where an active user may stand more often.
  void item(const PairTargets& users, std::span<const idx_t> pool, std::size_t drawn, Matrix& row) const;

 private:
  template <typename Draw>
  void find(PairSide side, const PairTargets& known, std::size_t drawn, Draw draw, Matrix& row) const;

  const PairNet& net_;
  const PairLoss loss_;
};

/// The net on more users and items: `pairs` (users, items) are all that is known now, and the net's are the
/// first ones of them. Items of start.fold_items and then users of start.fold_users get new vectors; an item
/// gets as many drawn users against it as training draws on average.
PairNet grown(const PairNet& net, PairLoss loss, const Csr& pairs, const FitStart& start);

}  // namespace akin
