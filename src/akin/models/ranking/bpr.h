// Matrix factorization for ranking by pairs.
#pragma once

#include <string>

#include "akin/models/fit/context.h"
#include "akin/models/ranking/pairwise_model.h"

namespace akin {

/// Rendle, Freudenthaler, Gantner & Schmidt-Thieme, "BPR: Bayesian personalized ranking from implicit
/// feedback" (UAI 2009), with matrix factorization: for an item i the user has chosen
/// and an item j they have not,
///
///   x_uij = b_i - b_j + p_u . (q_i - q_j)
///   L = sum over drawn (u, i, j) of -ln sigma(x_uij) + lambda_u/2 |p_u|^2 + lambda_i/2 (|q_i|^2 + b_i^2) +
///       lambda_j/2 (|q_j|^2 + b_j^2)
///
/// by stochastic gradient descent over the blocks of a BlockSchedule (pairwise_steps()), the step length
/// falling to 0 linearly. An epoch takes every positive (user, item) pair once per negative, with j drawn
/// from the items the user has no positive event with:
///
///   uniform      each as likely as the others
///   popularity   in proportion to (users who chose it)^power
///   hard         of `candidates` uniform draws the one the model scores highest, so that most steps are not
///                spent on pairs in the right order already (Zhang, Chen, Wang & Yu, "Optimizing top-N
///                collaborative filtering via dynamic negative item sampling", SIGIR 2013)
///
/// Values matter only by their sign: pairs whose values sum to 0 or less are left out. Cost: O(pairs x
/// negatives x factors) per epoch, x (candidates + 2) / 3 with hard; memory:
/// 28 bytes per pair and the model twice.
///
/// An item without events is only ever a negative, which pushes its bias down; its vector ends as zero, so it
/// ranks below what anybody chose and is similar to nothing.
class Bpr : public PairwiseModel {
 public:
  struct Config {
    int factors = 64;
    int epochs = 60;
    float learning_rate = 0.05f;
    float regularization = 0.003f;
    float item_regularization = -1;
    float negative_regularization = -1;
    int negatives = 1;
    std::string sampler = "uniform";
    float negatives_power = 0.5f;
    int candidates = 4;
    float init_sigma = 0.1f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "bpr";
  static constexpr std::string_view kSummary =
      "Bayesian personalized ranking: matrix factorization with a pairwise loss (Rendle et al. 2009)";
  static constexpr Traits kTraits = {.iterative = true,
                                     .planned_schedule = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true};

  /// Reports the mean of -ln sigma(x_uij) over each epoch, taken before the updates, as the loss.
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
  struct Sampling {
    int candidates = 1;              ///< more than 1 = hard
    float power = 0;                 ///< 0 = uniform
    std::vector<idx_t> counts = {};  ///< users of each item, if power > 0
  };
  struct Fit;
  Bpr(State state, Sampling sampling);
  std::optional<idx_t> draw_negative(const float* user, std::span<const idx_t> history, Rng& rng) const;

  Sampling sampling_;
  std::vector<double> cumulative_;  // of the items' weights, if power > 0
};

}  // namespace akin
