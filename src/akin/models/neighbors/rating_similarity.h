// How alike two items (or users) are, from the ratings of those who rated both.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/linalg/csr.h"
#include "akin/models/neighbors/rating_baseline.h"

namespace akin {

/// Parameters of the neighborhood models that predict ratings; kByItem = the neighbors are items.
template <bool kByItem>
struct RatingKnnConfig {
  std::string centering = "baseline";
  std::string similarity = "pearson-baseline";
  int max_neighbors = kByItem ? 40 : 60;
  int min_neighbors = 1;
  int neighbors = 500;  ///< items only
  float shrinkage = 100;
  int min_overlap = 1;
  float power = 1;
  float damping = 0;
  float item_regularization = 10;
  float user_regularization = 15;

  BaselineSpec baseline() const { return {"als", item_regularization, user_regularization, 10}; }
  std::vector<Param> params();
};

/// Sums over the columns two rows share, x of the one and y of the other.
struct RatingSum {
  float x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  std::uint32_t common = 0;
  void add(float a, float b) {
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
    ++common;
  }
  bool empty() const { return common == 0; }
};

/// Rows are items and columns users, or the other way round; U_xy the n columns that rated both x and y. By
/// name, over U_xy only, what is not rated being unknown:
///   cosine            sum r_x r_y / sqrt(sum r_x^2 sum r_y^2)
///   adjusted-cosine   the same of r - (mean of the column's ratings) (Sarwar et al., WWW 2001)
///   pearson           the same of r - (mean of the row's ratings over U_xy)
///   pearson-baseline  the same of r - b_ui (Koren 2010, section 2.2)
///   msd               1 / (1 + mean of (r_x - r_y)^2) (Shardanand & Maes 1995)
///   jaccard, log-likelihood   of the sets of columns, whatever the ratings: as in SimilarityMeasure
/// then times n / (n + shrinkage), 0 where n < min_overlap, to the `power`.
class RatingSimilarity {
 public:
  RatingSimilarity() = default;
  template <bool kByItem>
  RatingSimilarity(const RatingKnnConfig<kByItem>& config, std::size_t n_columns)
      : RatingSimilarity(config.similarity, config.shrinkage, config.min_overlap, config.power) {
    n_columns_ = static_cast<double>(n_columns);
  }

  enum class Kind { kCosine, kAdjustedCosine, kPearson, kPearsonBaseline, kMsd, kJaccard, kLogLikelihood };
  Kind kind() const { return kind_; }
  /// `size_x`, `size_y` = ratings of the rows. 0 or less = none.
  float operator()(std::size_t size_x, std::size_t size_y, const RatingSum& sum) const;

 private:
  RatingSimilarity(std::string_view name, float shrinkage, int min_overlap, float power);
  Kind kind_ = Kind::kCosine;
  double shrinkage_ = 0, power_ = 1, n_columns_ = 0;
  std::uint32_t min_overlap_ = 1;
};

/// Mean and spread of some ratings.
struct Spread {
  float mean = 0;
  float deviation = 1;
};
/// The deviation (divided by n) is `otherwise` if it is zero.
Spread spread(std::span<const float> ratings, float otherwise);

}  // namespace akin
