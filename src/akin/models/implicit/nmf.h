// Non-negative matrix factorization of implicit feedback.
#pragma once

#include "akin/models/fit/context.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/params.h"
#include "akin/models/model.h"

namespace akin {

/// Lee & Seung, "Learning the parts of objects by non-negative matrix factorization" (Nature 1999), fitted by
/// hierarchical alternating least squares (Cichocki & Phan 2009). X is the (users, items) matrix of positive
/// feedback, 1 or the summed value with `use_values`, zero elsewhere. fit() minimizes over W, H >= 0
///
///   L = |X - W H^T|^2 + lambda (|W|^2 + |H|^2)
///
/// An epoch sweeps the coordinates of all user rows, then of all item rows, `sweeps` times each: with
/// G = H^T H + lambda I computed once,  w_uk <- max(0, w_uk + ((X H)_uk - (w_u G)_k) / G_kk).  L never rises
/// and is reported as the loss. Cost of an epoch: O(entries f + (users + items) f^2 sweeps); only the entries
/// of X that are not zero are ever touched. The last users are the exact minimum for the items, so that
/// folding in a user's training history gives their stored vector.
///
/// Vectors are sums of parts: a user's and an item's largest entries say which tastes they belong to. Users
/// and items without events have zero vectors. The same bits at any thread count.
class Nmf : public Model {
 public:
  struct Config {
    int factors = 64;
    int epochs = 30;
    int sweeps = 2;
    float regularization = 1;
    bool use_values = false;
    std::vector<Param> params() {
      return {
          factors_param(&factors, {16, 256}),
          {"epochs", &epochs, "epochs; each updates all user and item vectors", 0, 10000},
          {"sweeps", &sweeps, "coordinate descent sweeps per row in each epoch", 1, 1000},
          {"regularization",
           &regularization,
           "lambda, the L2 penalty on the vectors",
           0,
           1e9,
           {},
           true,
           {0.01, 100}},
          {"use_values", &use_values, "factorize the values of events instead of 1"},
      };
    }
  };
  static constexpr std::string_view kName = "nmf";
  static constexpr std::string_view kSummary =
      "non-negative matrix factorization of implicit feedback (Lee & Seung 1999; Cichocki & Phan 2009)";
  static constexpr Traits kTraits = {.iterative = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true,
                                     .fetches_users = true};

  /// Throws Error(kBadData) if no event has a positive value, or values overflow; Error(kUsage) if given item
  /// vectors have negative entries.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, f): H
  const Matrix& item_vectors() const override { return items_; }
  /// The stored vector of a user with training events, whatever the history; else the w >= 0 that minimizes L
  /// for the history. False if neither exists.
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// The h >= 0 that minimizes L for the users who chose the item.
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Objective {
    float regularization;
    bool use_values;
  };
  class Fit;
  Nmf(Factors factors, const Objective& objective);

  Matrix users_;  // (n_users, f): W
  Matrix items_;  // (n_items, f): H
  Objective objective_;
  Matrix user_gram_;  // W^T W + lambda I
  Matrix item_gram_;  // H^T H + lambda I
};

}  // namespace akin
