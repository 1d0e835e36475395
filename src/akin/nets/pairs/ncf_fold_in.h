// Users and items that a NcfNet was not trained with.
#pragma once

#include <span>
#include <vector>

#include "akin/models/fit/start.h"
#include "akin/nets/pairs/ncf_batch.h"
#include "akin/nets/pairs/ncf_net.h"

namespace akin {

/// Whose vector is looked for.
enum class NcfSide { kUser, kItem };

/// What is known of a user: items and targets; of an item: users and targets.
struct NcfTargets {
  std::vector<idx_t> others;
  std::vector<float> targets;
};

/// The mean of the rows that are not zero, (1, cols).
Matrix mean_row(const Matrix& rows);

/// Finds vectors by steps of Adam down the mean loss of what is known, all else fixed. Ranking nets
/// (NcfLoss::kLogistic) have targets 1, and others are drawn against them, again in each step, with target 0.
class NcfFoldIn {
 public:
  static constexpr int kSteps = 50;
  static constexpr std::size_t kDrawn = 4;  ///< items against each of a user's

  /// The net is not owned.
  NcfFoldIn(const NcfNet& net, NcfLoss loss) : net_(net), loss_(loss) {}

  /// Moves `row` (1, columns()), given where to begin, to the user's vector. Draws depend on the history
  /// only. Cost: kSteps epochs of its pairs.
  void user(const NcfTargets& history, Matrix& row) const;
  /// To the item's. `drawn` users are drawn of `pool`, where an active user may stand more often.
  void item(const NcfTargets& users, std::span<const idx_t> pool, std::size_t drawn, Matrix& row) const;

 private:
  template <typename Draw>
  void find(NcfSide side, const NcfTargets& known, std::size_t drawn, Draw draw, Matrix& row) const;

  const NcfNet& net_;
  const NcfLoss loss_;
};

/// The net on more users and items: `pairs` (users, items) are all that is known now, and the net's are the
/// first ones of them. Items of start.fold_items and then users of start.fold_users get new vectors; an item
/// gets as many drawn users against it as training draws on average.
NcfNet grown(const NcfNet& net, NcfLoss loss, const Csr& pairs, const FitStart& start);

}  // namespace akin
