// Sparse linear methods: an item predicted from few other items.
#pragma once

#include "akin/models/linear/item_weights.h"

namespace akin {

/// Ning & Karypis, "SLIM: Sparse linear methods for top-n recommender systems" (ICDM 2011). A is the (users,
/// items) matrix of positive feedback, 1 or the summed value with `use_values`, a_j its columns. fit() finds
/// for each item j on its own (eq. 4 there)
///
///   min over w_j:  1/2 |a_j - A w_j|^2 + l2/2 |w_j|^2 + l1 |w_j|_1   with  w_j >= 0, w_jj = 0,
///
/// by coordinate descent with covariance updates (Friedman, Hastie & Tibshirani 2010): with G = A^T A,
///
///   w_i <- max(0, G_ij - sum_{k != i} G_ik w_k - l1) / (G_ii + l2).
///
/// As G has no negative entry, w_i = 0 wherever G_ij <= l1: those are never looked at. The others enter an
/// active set, the worst offenders first, until none offends. Sweeps stop when no weight changes by more than
/// `tolerance`, or after `max_sweeps` per item. With `candidates` = N only the N items with the largest
/// cosine to j may have a weight (fsSLIM, section IV.B there); 0 = all.
///
/// Memory beside the data: G where items share users, 4 to 8 bytes an entry (item_gram.h), n_items^2 x 4
/// bytes if nearly all do. Items are independent: the same bits at any thread count. New events: fit again.
class Slim : public ItemWeightModel {
 public:
  struct Config {
    float l1 = 5;
    float regularization = 200;
    int candidates = 0;
    float tolerance = 1e-4f;
    int max_sweeps = 500;
    bool use_values = false;
    std::vector<Param> params() {
      return {
          {"l1", &l1, "L1 penalty on the weights; higher = sparser", 0, 1e6, {}, true, {0.3, 50}},
          {"regularization", &regularization, "L2 penalty on the weights", 0, 1e9, {}, true, {10, 5000}},
          {"candidates", &candidates, "items with the highest cosine that may have a weight; 0 = all", 0,
           1'000'000},
          {"tolerance",
           &tolerance,
           "stop when no weight changes by more than this in a sweep",
           1e-9,
           1,
           {},
           true},
          {"max_sweeps", &max_sweeps, "maximum number of coordinate descent sweeps per item", 1, 1'000'000},
          {"use_values", &use_values, "learn from the values of events instead of 1"},
      };
    }
  };
  static constexpr std::string_view kName = "slim";
  static constexpr std::string_view kSummary =
      "sparse linear model of items by elastic net (Ning & Karypis 2011)";
  static constexpr Traits kTraits = {.stores_pairs = true, .explains = true, .distributed = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

 private:
  explicit Slim(State state) : ItemWeightModel(std::move(state)) {}
};

}  // namespace akin
