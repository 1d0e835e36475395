// Ratings from the ratings of similar users.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "akin/models/model.h"
#include "akin/models/neighbors/rating_similarity.h"

namespace akin {

/// User-based prediction (Resnick et al., "GroupLens", CSCW 1994; z-scores: Herlocker et al., SIGIR 1999):
///
///   r_ui = c_ui + z_u sum over v in N of s_uv (r_vi - c_vi) / z_v / (damping + sum over v in N of s_uv)
///
/// N = the `k` users most similar to u who rated i, with s_uv of RatingSimilarity, positive ones only;
/// by `centering`
///   none      c = 0, z = 1
///   mean      c_ui = the mean rating of u, z = 1
///   zscore    and z_u = the standard deviation of u's ratings
///   baseline  c_ui = mu + b_u + b_i of RatingBaseline (als), z = 1
/// With fewer than `min_neighbors` neighbors the prediction is mu + b_u + b_i whatever the centering, so every item
/// has a finite score. Of repeated ratings the latest counts. u is the query's history, of a known user or
/// not; a known user is not a neighbor of their own.
///
/// explain(): base = c_ui, and each neighbor's term split evenly over the items u and v both rated: the
/// similarities are not sums over items.
///
/// The model is the ratings: nothing is fitted but the baseline. Memory: 16 bytes per rating and per user.
/// Cost of a query: all ratings of its items, and those of the items scored.
/// The same bits at any thread count.
class UserKnnRating : public Model {
 public:
  using Config = RatingKnnConfig<false>;
  static constexpr std::string_view kName = "user-knn-rating";
  static constexpr std::string_view kSummary = "ratings of similar users (Resnick et al. 1994)";
  static constexpr Traits kTraits = {.predicts_ratings = true, .explains = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False without a history.
  bool score_all(const Query& query, std::span<float> out) const override;
  bool score(const Query& query, std::span<const idx_t> items, std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  std::size_t n_items() const override { return by_item_.rows(); }
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Asker;
  struct Prediction;
  UserKnnRating(const Config& config, Csr by_item);
  /// A rating as the similarity takes it, of a user with this mean rating and b_u.
  float compared(float rating, idx_t item, float user_mean, float user_bias) const;
  /// c_ui, of the same.
  float center(idx_t item, float user_mean, float user_bias) const;
  Asker asker(const Query& query) const;
  Prediction predict(const Asker& asker, idx_t item) const;

  Config config_;
  RatingSimilarity similarity_;
  RatingBaseline baseline_;
  Csr by_item_;                        // (items, users): the ratings
  Csr compared_;                       // the same as the similarity takes them
  std::vector<float> item_means_;      // for adjusted-cosine
  std::vector<std::uint32_t> sizes_;   // of each user: ratings,
  std::vector<float> means_, biases_;  // their mean, b_u,
  std::vector<float> deviations_;      // and z_u, 1 unless zscore
  Matrix no_vectors_;
};

}  // namespace akin
