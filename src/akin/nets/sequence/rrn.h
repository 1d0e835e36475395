// Ratings by recurrent nets over what users and items have met so far.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/rating/rating_factors.h"
#include "akin/nets/sequence/rrn_trainer.h"

namespace akin {

/// Recurrent recommender networks (Wu et al., WSDM 2017):
///
///   r_ui at time t ~ mu + b_u + b_i + p_u . q_i + s_u(t) . s_i(t)
///
/// with s_u(t) and s_i(t) the states of two nets (RrnNet) after all steps before that of t: a rating says nothing about
/// ratings of its own step or earlier ones. The two sides are learned in turn, each given the other ("alternating subspace
/// descent"): the net of the users by Adam over minibatches of users, gradients going back to their first step, then (p_u,
/// b_u) in closed form (RatingRidge, whose penalties are those of als-wr); then the same for the items. Of repeated ratings
/// the latest counts. Cost: O(steps units^2 + ratings (units + factors^2)) per epoch; memory O(ratings + (users + items)
/// (units + factors) + steps factors), where a step is a day, or `step_days`, in which a user or an item has ratings.
///
/// A query is answered for Query::now: with the user's state after their ratings in steps before, and the items' states
/// then; without `now`, after all. A history without times is one step at the end of the training data; of a known user
/// the state after training stands for it. A user without a row is folded in: (p_u, b_u) by the same regression.
/// Items without ratings are average ones.
class Rrn : public RatingFactors {
 public:
  struct Config {
    int factors = 32;
    int units = 32;
    int epochs = 4;
    float step_days = 1;
    float regularization = 2;
    float bias_regularization = 1;
    float count_power = 0.4f;
    float state_regularization = 0.04f;
    float learning_rate = 0.003f;
    int batch_size = 32;
    float init_sigma = 0.3f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "rrn";
  static constexpr std::string_view kSummary =
      "ratings by recurrent nets over users and items in time (Wu et al. 2017)";
  static constexpr Traits kTraits = {
      .predicts_ratings = true, .uses_times = true, .iterative = true, .takes_item_vectors = true};

  /// Reports the root mean squared error over the users' half of each epoch, taken before the updates, as the loss.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// Empty: what an item is multiplied with depends on the time.
  const Matrix& item_vectors() const override { return none_; }
  /// (n_items, factors + 2): [q_i, 1, b_i]
  const Matrix& embeddings() const override { return RatingFactors::item_vectors(); }
  std::size_t n_items() const override { return embeddings().rows(); }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool item_vector(std::span<const idx_t>, std::span<const float>, std::span<float>) const override {
    return false;
  }
  bool score_all(const Query& query, std::span<float> out) const override;
  bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  class Fit;
  /// What the nets left behind.
  struct Dynamics {
    RrnClock clock;
    float deviation = 1;
    RrnNet users;                           ///< reads a history
    Matrix user_states;                     ///< (n_users, factors), after training
    std::vector<std::uint64_t> item_steps;  ///< of each item's steps in `steps`; n_items + 1
    std::vector<std::uint32_t> steps;       ///< ascending in each item
    Matrix item_states;                     ///< of each item one before its steps, then one after each
  };
  struct Asked {
    Matrix x;           // (1, factors + 2): [p_u, mu + b_u, 1]
    Matrix state;       // (1, factors)
    std::uint32_t now;  // step
  };
  Rrn(State state, Dynamics dynamics) : RatingFactors(std::move(state)), dynamics_(std::move(dynamics)) {}
  bool ask(const Query& query, Asked& asked) const;
  const float* item_state(idx_t item, std::uint32_t step) const;
  float rating(const Asked& asked, idx_t item) const;

  Dynamics dynamics_;
  Matrix none_;
};

}  // namespace akin
