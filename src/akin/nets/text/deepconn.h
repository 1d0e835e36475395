// Ratings from what users wrote.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "akin/models/rating/rating_factors.h"

namespace akin::nets {

/// Zheng, Noroozi & Yu, "Joint deep modeling of users and items using reviews for recommendation", WSDM 2017: a
/// convolution over all that a user wrote and one over all that was written about an item, and
///
///   r_ui ~ mu + w_u . x_u + w_i . y_i + x_u . y_i,
///
/// x_u and y_i being what the two make of the texts: the paper's factorization machine without the products inside one
/// of the two. The review of a pair is left out of both texts while the pair is learned from, since it does not exist
/// when its rating is asked for. A user or an item without reviews has an empty text. A user whom the training data do
/// not know is folded in from ratings, as in other factor models.
class DeepConn final : public RatingFactors {
 public:
  struct Config {
    int factors = 32;
    int epochs = 10;
    int batch_size = 100;
    int filters = 64;
    int width = 3;
    int word_factors = 64;
    int min_count = 5;
    int max_length = 400;
    float dropout = 0.5F;
    float learning_rate = 0.002F;
    float regularization = 0.1F;
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "deepconn";
  static constexpr std::string_view kSummary =
      "ratings from the texts of reviews: a convolution each over a user's and an item's (Zheng et al. 2017)";
  static constexpr Traits kTraits = {.predicts_ratings = true,
                                     .deterministic = false,
                                     .uses_reviews = true,
                                     .iterative = true,
                                     .needs_nets = true};
  /// Throws Error(kBadData) if there are no reviews.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  explicit DeepConn(State state) : RatingFactors(std::move(state)) {}
};

}  // namespace akin::nets
