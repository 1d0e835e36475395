// Matrix factorization for ranking by the weighted approximate-rank pairwise loss.
#pragma once

#include <mutex>

#include "akin/models/fit/context.h"
#include "akin/models/ranking/pairwise_model.h"

namespace akin {

/// Weston, Bengio & Usunier, "WSABIE: Scaling up to large vocabulary image annotation" (IJCAI 2011), with
/// users in place of images: for an item i the user has chosen, items j they have not are drawn until one
/// violates the margin, s_j > s_i - 1 with s_i = b_i + p_u . q_i. If it was draw number N of at most
/// `max_trials`, i ranks at about floor((n_items - 1) / N), and the step goes down the gradient of
///
///   L(rank) / L(n_items - 1) (1 - s_i + s_j),   L(k) = 1 + 1/2 + ... + 1/k
///     + lambda/2 (|p_u|^2 + |q_i|^2 + b_i^2 + |q_j|^2 + b_j^2)
///
/// so that what is wrong at the top of the list counts most: a smooth stand-in for precision at the top.
/// (Dividing by L(n_items - 1) makes step lengths mean the same for any number of items.) If none violates
/// it, there is no step. With max_norm > 0 vectors longer than that are cut to it after each step, the
/// paper's constraint. Stochastic gradient descent over the blocks of a BlockSchedule, the step length
/// falling to 0 linearly; an epoch takes every positive pair once. Values matter only by their sign.
///
/// Cost: O(pairs x draws x factors) per epoch, where draws grow from 1 to some ten while the model learns;
/// memory: 28 bytes per pair and the model twice. An item without events is as in bpr.
class Warp : public PairwiseModel {
 public:
  struct Config {
    int factors = 64;
    int epochs = 30;
    float learning_rate = 0.1f;
    float regularization = 0.003f;
    float max_norm = 0;
    int max_trials = 100;
    float init_sigma = 0.1f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "warp";
  static constexpr std::string_view kSummary =
      "matrix factorization with the WARP loss, for the top of the list (WSABIE, Weston, Bengio & Usunier "
      "2011)";
  static constexpr Traits kTraits = {.iterative = true,
                                     .planned_schedule = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true};

  /// Reports the mean of the weighted hinge over each epoch, taken before the updates, as the loss.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 protected:
  std::optional<Negative> negative(const float* user, const float* positive, std::span<const idx_t> history,
                                   Rng& rng) const override;
  double share(std::size_t k, std::size_t n_users) const override;
  float push(const float* user, const float* positive, const float* item, Rng& rng) const override;

 private:
  struct Fit;
  Warp(State state, int max_trials);
  void count_violations() const;

  int max_trials_;
  std::vector<float> weights_;  // L(k) / L(n_items - 1) of k = 0 ... n_items - 1
  mutable std::once_flag counted_;
  mutable std::vector<float> violations_;  // items that violate the margin, of each pair of the sample
};

/// L(k) / L(n - 1) for k = 0 ... n - 1; 1 if n is 1.
std::vector<float> rank_weights(std::size_t n);

}  // namespace akin
