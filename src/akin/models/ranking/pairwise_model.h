// What bpr and warp share: models of pairs (an item the user chose, one they did not), with item biases.
#pragma once

#include <optional>
#include <vector>

#include "akin/base/rng.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/striped_matrix.h"
#include "akin/models/fit/warm_start.h"
#include "akin/models/model.h"
#include "akin/models/ranking/ranking_kernels.h"

namespace akin {

/// A uniform sample, with replacement, of the (user, item) pairs a model was trained on: what a new item is
/// drawn against when it is the negative.
struct PairSample {
  static constexpr std::size_t kSize = 2048;
  std::vector<idx_t> users;
  std::vector<idx_t> items;
  double pairs = 0;  ///< that it was drawn from
};
/// Collective.
PairSample sample_pairs(const StripedMatrix& positives, std::uint64_t seed, const Communicator& ranks);

/// Scores [p_u, 1] . [q_i, b_i]. Trained by steps on (user, positive, drawn negative); a query's history and
/// the users of a new item are folded in by the same steps over the one unknown row, from 0 and with the same
/// draws, the rate falling linearly to 0.
class PairwiseModel : public Model {
 public:
  /// (n_items, f + 1): [q_i, b_i]
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return items_.cols() - 1; }
  /// [p_u, 1]. The stored one of a user with training events, whatever the history; else by descent over the
  /// history's items. The draws depend on the set of items only, so the same history gives the same vector.
  /// False if neither exists. Cost of the latter: 2,000 to 50,000 steps, 50 per item between.
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// By descent over p_u alone being known: the item is the positive of its users, and the negative of a
  /// sample of the training pairs as often as it would have been drawn. Values only say by their sign whether
  /// the user chose the item. Cost: as above.
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

  const Matrix& stored_users() const { return users_; }
  const PairSample& sample() const { return sample_; }
  const RankingStep& step() const { return step_; }

 protected:
  /// What a model is made of beside its own numbers; `step` holds the rate of the first epoch.
  struct State {
    Factors factors;
    PairSample sample;
    RankingStep step;
  };
  explicit PairwiseModel(State state);
  static State load_state(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  /// Of select_users().
  State select_state(std::span<const idx_t> users) const;

  struct Negative {
    idx_t item;
    float weight;  ///< of the step down the loss of the pair
  };
  /// The item that training would draw against a row `positive` for the user's row, none of the ascending
  /// `history`, and the step's weight. Nullopt if there is none to step away from.
  virtual std::optional<Negative> negative(const float* user, const float* positive,
                                           std::span<const idx_t> history, Rng& rng) const = 0;
  /// How often a new item with so many users would be drawn as the negative of pair `k` of the sample, in one
  /// epoch over the training pairs relative to one draw for each pair.
  virtual double share(std::size_t k, std::size_t n_users) const = 0;
  /// The weight of the step if it is: `user` and `positive` are the rows of pair k, `item` its own.
  virtual float push(const float* user, const float* positive, const float* item, Rng& rng) const = 0;

  /// A uniformly random item that is not in the ascending `history`, or nullopt after as many tries
  /// as in training.
  std::optional<idx_t> draw_item(std::span<const idx_t> history, Rng& rng) const;

 private:
  Matrix users_;  // (n_users, f + 1): user vectors as returned, zero rows for users without events
  Matrix items_;
  PairSample sample_;
  RankingStep step_;
};

}  // namespace akin
