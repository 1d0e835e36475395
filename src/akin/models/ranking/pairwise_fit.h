// What the fits of bpr and warp share: epochs over the positives, each against drawn negatives.
#pragma once

#include <functional>
#include <string_view>

#include "akin/models/fit/block_schedule.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/sampling.h"
#include "akin/models/ranking/pairwise_model.h"

namespace akin {

/// A fit of a PairwiseModel under way. An epoch takes every positive (user, item) pair once, in the blocks of
/// a BlockSchedule, with negatives from the items of the block; the step length falls to 0 linearly.
class PairwiseFit {
 public:
  struct Plan {
    std::string_view model;  ///< named in messages
    int factors;
    float init_sigma;  ///< of a vector's expected length
    int epochs;
    float learning_rate;       ///< of the first epoch
    const PairwiseModel* old;  ///< to continue from, or nullptr
    MakeModel make;            ///< makes a model of the old one's kind
  };
  /// Negatives are drawn in proportion to `weights` of all items, empty = uniformly. They and `positives`
  /// outlive the fit.
  PairwiseFit(const StripedMatrix& positives, Plan plan, std::span<const float> weights,
              const FitContext& context);

  struct Loss {
    double sum = 0;
    std::uint64_t pairs = 0;  ///< that it is the sum of
  };
  /// Takes steps of this length for a block's cells, with negatives from `sampler`. Returns their loss.
  using Steps =
      std::function<Loss(BlockSchedule::Block& block, const NegativeSampler& sampler, float learning_rate)>;
  /// Goes through the epochs, reporting the mean loss of a pair. Throws Error(kBadData) if training diverges
  /// or no negative can be drawn.
  std::unique_ptr<Model> run(const Steps& steps, const Snapshot& make, const FitContext& context);

  FactorModel& model() { return model_; }
  const FactorModel& model() const { return model_; }
  /// Users of each item.
  const std::vector<idx_t>& counts() const { return positives_.item_counts; }
  /// [p_u, 1] and [q_i, b_i]: rows of users without events are zero, and the q of items without, of which
  /// only the bias is known. Throws Error(kBadData) if a number is not finite. Collective: with own users only,
  /// those of ordered_share().
  Factors factors() const;
  const PairSample& sample() const { return sample_; }

 private:
  FactorModel first_factors(const FitContext& context) const;
  double epoch(int number, const Steps& steps, const FitContext& context);

  const StripedMatrix& positives_;
  const Plan plan_;
  const Communicator& ranks_;
  FactorModel model_;
  BlockSchedule schedule_;
  std::vector<NegativeSampler> samplers_;  // of each thread
  const PairSample sample_;
};

}  // namespace akin
