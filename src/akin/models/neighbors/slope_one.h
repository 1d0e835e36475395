// Ratings from mean differences between items.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/models/model.h"
#include "akin/models/neighbors/rating_baseline.h"

namespace akin {

/// Lemire & Maclachlan, "Slope one predictors for online rating-based collaborative filtering" (SDM 2005).
/// With c_ij the number of users who rated both i and j, and dev_ij the mean of r_ui - r_uj over them,
///   basic     r_ui = mean over the items j of u with c_ij > 0 of dev_ij + r_uj
///   weighted  the same mean weighted by c_ij
///   bipolar   weighted, where a pair counts only for users who like both or dislike both, and from j only
///             if u likes (dislikes) j: likes is above their mean rating (section 3.3)
/// An item without a co-rated one is predicted as mu + b_u + b_i (RatingBaseline, als). u is the query's
/// history: anybody can be folded in. Of repeated ratings the latest counts.
///
/// Stores only pairs that somebody rated both of, at least `min_overlap` users: at most sum_u n_u^2 of them,
/// and of each item the `neighbors` with the most users in common (0 = all), 12 bytes each, twice as many for
/// bipolar; never a matrix of items by items. For large catalogues set one of the two. Cost: O(sum_u n_u^2)
/// to fit; the stored pairs of its items for a query. The same bits at any thread count.
class SlopeOne : public Model {
 public:
  struct Config {
    std::string scheme = "weighted";
    int min_overlap = 1;
    int neighbors = 0;
    std::vector<Param> params() {
      return {{"scheme",
               &scheme,
               "weighting of differences: equal, by number of users, or separately for likes and dislikes",
               0,
               0,
               {"basic", "weighted", "bipolar"},
               false,
               kSearchChoices},
              {"min_overlap",
               &min_overlap,
               "minimum number of common users of a stored pair",
               1,
               1'000'000,
               {},
               true,
               {1, 50}},
              {"neighbors", &neighbors, "pairs stored per item, those with the most users; 0 = all", 0,
               1'000'000}};
    }
  };
  static constexpr std::string_view kName = "slope-one";
  static constexpr std::string_view kSummary =
      "mean rating differences between items (Lemire & Maclachlan 2005)";
  static constexpr Traits kTraits = {.predicts_ratings = true, .stores_pairs = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return no_vectors_; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  /// False without a history.
  bool score_all(const Query& query, std::span<float> out) const override;
  std::size_t n_items() const override { return baseline_.n_items(); }
  void save(TensorWriter& writer) const override;

 private:
  /// Row j: the items i with dev_ij, and the c_ij of the same entries.
  struct Differences {
    Csr dev;
    std::vector<std::uint32_t> users;
  };
  SlopeOne(std::string scheme, RatingBaseline baseline, std::vector<Differences> tables)
      : scheme_(std::move(scheme)), baseline_(std::move(baseline)), tables_(std::move(tables)) {}
  static Differences differences(const Csr& ratings, const Config& config, const Context& context);

  std::string scheme_;
  RatingBaseline baseline_;
  std::vector<Differences> tables_;  // one, or of likes and of dislikes
  Matrix no_vectors_;
};

}  // namespace akin
