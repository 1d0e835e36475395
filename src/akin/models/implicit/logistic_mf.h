// Matrix factorization with a logistic loss over sampled negatives.
#pragma once

#include <string>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/fit/warm_start.h"
#include "akin/models/model.h"

namespace akin {

/// The dot product model of Rendle, Krichene, Zhang & Anderson, "Neural collaborative filtering vs. matrix
/// factorization revisited" (RecSys 2020):
///
///   s_ui = mu + b_u + b_i + p_u . q_i
///   L = sum over positive pairs (u, i) of  ln(1 + exp(-s_ui)) + sum over k = 1..m of ln(1 + exp(s_ujk))
///       + lambda/2 (|p_u|^2 + |q|^2 + b_u^2 + b^2) for each of its 1 + m items
///
/// with m items j_k drawn again for each pair in each epoch, uniform over all items, those of the user not
/// left out. By stochastic gradient descent over the blocks of a BlockSchedule, a pair and its negatives at a
/// time (logistic_steps()). mu is fixed at -ln m, the log odds of a positive among what is drawn; biases
/// learn the rest. Values matter only by their sign.
///
/// sigma(s) is the probability that an item comes from the user's events rather than from m times as many
/// uniform draws. It ranks as the probability that the user chooses the item does, but is not that
/// probability: Traits::predicts_probability is false.
///
/// Cost: O(pairs x (m + 1) x factors) per epoch; memory: 28 bytes per pair and the model twice. An item
/// without events has only a bias, which ranks it low, and is similar to nothing.
class LogisticMf : public Model {
 public:
  struct Config {
    int factors = 64;
    int epochs = 40;
    float learning_rate = 0.02f;
    std::string schedule = "linear";
    float regularization = 0.005f;
    int negatives = 8;
    float init_sigma = 0.1f;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "logistic-mf";
  static constexpr std::string_view kSummary =
      "dot product with logistic loss and sampled negatives (Rendle et al. 2020)";
  static constexpr Traits kTraits = {.iterative = true,
                                     .planned_schedule = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true};

  /// Reports the mean loss of an item of a step over each epoch, taken before the updates.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, f + 2): [q_i, b_i, 1]
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return items_.cols() - 2; }
  /// [p_u, 1, mu + b_u]. The stored one of a user with training events, whatever the history; else the
  /// minimum of L over p_u and b_u for the history's items and up to kFoldIn drawn ones, by Newton's method.
  /// The draws depend on the set of items only. False if neither exists. Cost of the latter: a few times
  /// O((n + kFoldIn) f^2 + f^3).
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// The minimum of L over q and b, the item's users against the users that it would be drawn for, of which
  /// there is a sample. Cost: as for user_vector().
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

  static constexpr std::size_t kFoldIn = 1024;

 private:
  /// What folding in needs beside the vectors.
  struct FoldIn {
    float mean;
    float regularization;
    float negatives;
    double pairs;                      ///< of training
    std::vector<idx_t> sampled_users;  ///< kFoldIn of them, as often as they have pairs
  };
  struct Fit;
  LogisticMf(Factors factors, FoldIn numbers)
      : users_(std::move(factors.users)), items_(std::move(factors.items)), fold_in_(std::move(numbers)) {}

  Matrix users_;  // (n_users, f + 2), zero rows for users without events
  Matrix items_;
  FoldIn fold_in_;
};

}  // namespace akin
