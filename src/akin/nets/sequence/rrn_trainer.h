// Ratings in time, and how one side of a recurrent recommender network learns while the other stays as it is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/data/dataset.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/sequence/rrn_net.h"
#include "akin/optim/optimizer.h"

namespace akin {

/// Time in steps of equal length, from the first rating on.
struct RrnClock {
  std::int64_t length = 1;  ///< of a step, microseconds
  std::int64_t first = 0;   ///< step 0, in steps since 1970
  std::uint32_t last = 0;   ///< step of the last rating
  /// Times before step 0 are in it.
  std::uint32_t step_of(std::int64_t time) const;
  /// 0 at the first step, 1 at the last of the training data, at most 2.
  float tau(std::uint32_t step) const;
};

struct RrnRating {
  idx_t user, item;
  float value;
  std::uint32_t step;
};
struct RrnRatings {
  std::vector<RrnRating> ratings;  ///< by user, then item; of repeated ones the latest
  RrnClock clock;
  float mean = 0, deviation = 1;
};
/// Throws Error(kBadData) naming `model` if there are none, or one has no time.
RrnRatings rrn_ratings(const TrainingData& data, double step_days, std::string_view model);

/// Appends a step's ratings, in order, to a chunk under way. `before`: of the step before; at the first the same.
void add_step(const RrnClock& clock, std::uint32_t step, std::uint32_t before, bool first, RrnChunk& chunk);

struct RrnOptions {
  std::size_t batch = 32;  ///< users or items
  float learning_rate = 0.003f;
  float regularization = 0.04f;  ///< of a state, for each rating it meets
};

/// The users' side or the items' side under training.
class RrnSide {
 public:
  enum Which { kUsers, kItems };
  /// `net` begins it. None of the references is owned.
  RrnSide(Which which, const RrnRatings& ratings, std::size_t n, RrnNet net, const RrnOptions& options,
          const FitContext& context);

  /// Computes states() from the net as it is.
  void refresh();
  const Matrix& states() const { return states_; }
  /// The row of states() before the step of each rating.
  std::span<const std::size_t> rows() const { return rows_; }
  /// That after all steps of user or item `e`.
  std::size_t final_row(std::size_t e) const { return steps_[e + 1] + e; }
  /// Steps of e, and its first row, which has one more.
  std::span<const std::uint32_t> steps_of(std::size_t e) const {
    return std::span(step_numbers_).subspan(steps_[e], steps_[e + 1] - steps_[e]);
  }
  std::size_t first_row(std::size_t e) const { return steps_[e] + e; }
  /// Numbers of e's ratings in RrnRatings::ratings, by step.
  std::span<const std::uint32_t> ratings_of(std::size_t e) const {
    return std::span(order_).subspan(offsets_[e], offsets_[e + 1] - offsets_[e]);
  }

  /// An epoch over this side's ratings, its net alone moving, towards state . other state = residual of each rating. Returns
  /// the sum of squared errors, each before its step. The same bits at any number of threads.
  double train(int epoch, const RrnSide& other, std::span<const float> residuals, WorkerTeam& team);
  const RrnNet& net() const { return net_; }
  void add_state(const std::string& name, FitState& state);

 private:
  struct Lane {
    explicit Lane(const RrnNet& net);
    RrnPass pass;
    RrnChunk chunk;
    std::vector<Matrix> gradients;
    attention::ItemGradients others;
    Matrix slopes;
    double loss = 0;
  };
  void add_entity(std::size_t e, RrnChunk& chunk) const;
  double step(std::span<const idx_t> batch, const RrnSide& other, std::span<const float> residuals,
              WorkerTeam& team);
  void pass_lane(std::span<const idx_t> part, const RrnSide& other, std::span<const float> residuals,
                 float weight, Lane& lane);

  Which which_;
  const RrnRatings& ratings_;
  const RrnOptions& options_;
  const FitContext& context_;
  RrnNet net_;
  std::vector<std::size_t> offsets_;  // of each user's ratings in order_
  std::vector<std::uint32_t> order_;  // numbers of ratings
  std::vector<std::size_t> steps_;    // of each user's steps in step_numbers_
  std::vector<std::uint32_t> step_numbers_;
  std::vector<std::size_t> rows_;
  std::vector<idx_t> active_;  // users with ratings
  Matrix states_;
  RowOptimizer row_optimizer_;
  std::vector<DenseOptimizer> optimizers_;
  std::vector<Matrix> transposed_;
  std::vector<Lane> lanes_;
};

}  // namespace akin
