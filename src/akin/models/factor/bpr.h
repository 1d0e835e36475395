// Matrix factorization for ranking by pairs.
#pragma once

#include "akin/models/model.h"

namespace akin {

/// Rendle, Freudenthaler, Gantner & Schmidt-Thieme, "BPR: Bayesian personalized ranking from implicit
/// feedback" (UAI 2009), with matrix factorization: for an item i the user has chosen and an item j they have
/// not,
///
///   x_uij = b_i - b_j + p_u . (q_i - q_j)
///   L = sum over drawn (u, i, j) of -ln sigma(x_uij) + lambda/2 (|p_u|^2 + |q_i|^2 + |q_j|^2 + b_i^2 +
///   b_j^2)
///
/// by stochastic gradient descent over the blocks of a BlockSchedule. An epoch takes every positive (user,
/// item) pair once per negative, with j uniform over the items the user has no positive event with. Values
/// matter only by their sign: pairs whose values sum to 0 or less are left out. Cost: O(pairs x negatives x
/// factors) per epoch.
///
/// An item without events is only ever a negative, which pushes its bias down; its vector ends as zero, so it
/// ranks below what anybody chose and is similar to nothing.
class Bpr : public Model {
 public:
  struct Config {
    int factors = 64;
    int epochs = 60;
    float learning_rate = 0.05f;
    float regularization = 0.003f;
    int negatives = 1;
    float init_sigma = 0.1f;
    std::vector<Param> params() {
      return {
          {"factors", &factors, "length of the vectors", 1, 4096, {}, true, {16, 256}},
          {"epochs", &epochs, "passes over the events", 0, 100000},
          {"learning_rate",
           &learning_rate,
           "step length of the first epoch; it falls to 0 linearly",
           1e-7,
           10,
           {},
           true,
           {5e-3, 0.3}},
          {"regularization",
           &regularization,
           "lambda, the penalty on vectors and biases",
           0,
           100,
           {},
           true,
           {1e-5, 0.1}},
          {"negatives", &negatives, "items drawn against each event and epoch", 1, 1000, {}, true, {1, 8}},
          {"init_sigma", &init_sigma, "vectors start from N(0, init_sigma^2 / factors)", 1e-9, 100, {}, true},
      };
    }
  };
  static constexpr std::string_view kName = "bpr";
  static constexpr std::string_view kSummary =
      "matrix factorization for ranking by pairs (Rendle et al. 2009)";
  static constexpr Traits kTraits = {.passes = "epochs", .planned_schedule = true};

  /// Reports the mean of -ln sigma(x_uij) over each epoch, taken before the updates, as the loss.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, f + 1): [q_i, b_i]
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return items_.cols() - 1; }
  /// [p_u, 1]. The stored one of a user with training events, whatever the history; else L is minimized over
  /// p_u alone, by the same descent from 0 over the history's items. The draws depend on the set of items
  /// only, so the same history gives the same vector. False if neither exists.
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

 private:
  struct FoldIn {
    float learning_rate;
    float regularization;
  };
  struct Fit;
  Bpr(Matrix users, Matrix items, const FoldIn& fold_in)
      : users_(std::move(users)), items_(std::move(items)), fold_in_(fold_in) {}
  void descend(std::span<const idx_t> history, std::span<float> user) const;

  Matrix users_;  // (n_users, f + 1): user vectors as returned, zero rows for users without events
  Matrix items_;
  FoldIn fold_in_;
};

}  // namespace akin
