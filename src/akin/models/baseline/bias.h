// Ratings from the means of users and items: the baseline of every rating model.
#pragma once

#include <string>

#include "akin/models/model.h"
#include "akin/models/neighbors/rating_baseline.h"

namespace akin {

/// r_ui ~ mu + b_u + b_i: see RatingBaseline for the three methods and their sources. It ranks items the same
/// for everybody, by b_i. b_u is found from the history asked with, so any user can be folded in; an item
/// without ratings is predicted as an average one. Of repeated ratings the latest counts. Cost: O(ratings x
/// sweeps); n_items numbers.
class Bias : public Model {
 public:
  struct Config {
    std::string method = "als";
    float item_regularization = 10;
    float user_regularization = 15;
    int epochs = 10;
    std::vector<Param> params() {
      return {
          {"method",
           &method,
           "mean = the mean of all ratings; closed = biases in closed form; als = alternating least squares",
           0,
           0,
           {"mean", "closed", "als"}},
          {"item_regularization",
           &item_regularization,
           "lambda_i of the item biases, in ratings: as if each item had this many more ratings equal to the "
           "mean",
           0,
           1e6,
           {},
           true,
           {0.5, 50}},
          {"user_regularization",
           &user_regularization,
           "lambda_u of the user biases, in ratings",
           0,
           1e6,
           {},
           true,
           {0.5, 50}},
          {"epochs", &epochs, "als: epochs; each solves for all items, then all users", 1, 1000}};
    }
  };
  static constexpr std::string_view kName = "bias";
  static constexpr std::string_view kSummary = "mean rating with user and item biases (Koren 2010)";
  static constexpr Traits kTraits = {.personalized = false, .predicts_ratings = true, .distributed = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, 2): [1, b_i]
  const Matrix& item_vectors() const override { return items_; }
  std::size_t embedding_dim() const override { return 0; }
  /// [mu + b_u, 1]; of a query without a history [mu, 1].
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override { baseline_.save(writer); }

 private:
  explicit Bias(RatingBaseline baseline);
  RatingBaseline baseline_;
  Matrix items_;
};

}  // namespace akin
