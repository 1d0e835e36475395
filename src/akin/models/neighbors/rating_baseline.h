// What a rating would be if users and items had nothing in common but their means.
#pragma once

#include <string>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/models/model.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// How the biases are found, and how much they are pulled to zero.
struct BaselineSpec {
  std::string method = "als";  ///< "mean", "closed", "als"
  float item_regularization = 10;
  float user_regularization = 15;
  int sweeps = 10;
};

/// A history as ratings: ascending items, each once, the latest rating counts; a history without values is
/// taken as liked.
struct RatedItems {
  std::vector<idx_t> items;
  std::vector<float> ratings;
};

/// b_ui = mu + b_u + b_i (Koren, "Factor in the neighbors", TKDD 2010, eq. 1), by method:
///   mean    b_u = b_i = 0
///   closed  b_i = sum_u (r_ui - mu) / (lambda_i + n_i), then
///           b_u = sum_i (r_ui - mu - b_i) / (lambda_u + n_u) (Koren 2010, section 2.1)
///   als     the minimum of sum (r_ui - b_ui)^2 + lambda_i sum b_i^2 + lambda_u sum b_u^2 in turns over items
///           and users: `sweeps` times the step above, with r_ui - mu - b_u for the items
/// b_u follows from b_i and the user's own ratings, so it is computed again for every query and never stored.
/// Cost: O(ratings x sweeps) to fit.
class RatingBaseline {
 public:
  RatingBaseline() = default;
  /// `ratings` is (users, items): the rows of this rank's users. There is at least one entry on some rank.
  /// Collective; bytes sent: 4 for each own rating and other rank, and 8 for each item, sweep and other rank.
  RatingBaseline(const Csr& ratings, const BaselineSpec& spec, const Communicator& ranks = alone());

  float mean() const { return mean_; }
  /// A history item's rating where none is known: the upper quartile of the training ratings.
  float liked() const { return liked_; }
  /// b_i; 0 for an item without ratings.
  float item_bias(idx_t item) const { return item_bias_[item]; }
  std::size_t n_items() const { return item_bias_.size(); }
  /// b_u of a user with these ratings; 0 of none.
  float user_bias(std::span<const idx_t> items, std::span<const float> ratings) const;
  /// The query's history, liked() where it has no values.
  RatedItems rated_items(const Query& query) const;

  /// Stored as model.baseline and model.item_bias.
  void save(TensorWriter& writer) const;
  static RatingBaseline load(const TensorReader& reader, std::size_t n_items);

 private:
  float mean_ = 0;
  float liked_ = 0;
  float user_regularization_ = 0;
  bool with_users_ = false;
  std::vector<float> item_bias_;
};

}  // namespace akin
