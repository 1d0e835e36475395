#include "akin/models/neighbors/rating_similarity.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "akin/base/error.h"
#include "akin/models/neighbors/similarity.h"

namespace akin {
namespace {

constexpr std::string_view kNames[] = {"cosine", "adjusted-cosine", "pearson",       "pearson-baseline",
                                       "msd",    "jaccard",         "log-likelihood"};

/// xy / sqrt(xx yy), 0 where a row does not vary.
double cosine(double xy, double xx, double yy) {
  constexpr double kNothing = 1e-9;
  return xx > kNothing && yy > kNothing ? xy / std::sqrt(xx * yy) : 0.0;
}

}  // namespace

RatingSimilarity::RatingSimilarity(std::string_view name, float shrinkage, int min_overlap, float power)
    : shrinkage_(shrinkage), power_(power), min_overlap_(static_cast<std::uint32_t>(min_overlap)) {
  const auto* const found = std::ranges::find(kNames, name);
  AKIN_ASSERT(found != std::end(kNames));
  kind_ = static_cast<Kind>(found - std::begin(kNames));
}

float RatingSimilarity::operator()(std::size_t size_x, std::size_t size_y, const RatingSum& sum) const {
  if (sum.common < min_overlap_) return 0;
  const double n = sum.common, x = sum.x, y = sum.y, xx = sum.xx, yy = sum.yy, xy = sum.xy;
  const auto n_x = static_cast<double>(size_x), n_y = static_cast<double>(size_y);
  double s = 0;
  switch (kind_) {
    case Kind::kPearson:
      s = cosine(xy - x * y / n, xx - x * x / n, yy - y * y / n);
      break;
    case Kind::kMsd:
      s = 1 / (1 + std::max(0.0, xx + yy - 2 * xy) / n);
      break;
    case Kind::kJaccard:
      s = n / (n_x + n_y - n);
      break;
    case Kind::kLogLikelihood:
      s = log_likelihood_ratio(n, n_x, n_y, n_columns_);
      break;
    default:
      s = cosine(xy, xx, yy);
  }
  s *= n / (n + shrinkage_);
  if (!(s > 0)) return 0;
  return static_cast<float>(power_ == 1 ? s : std::pow(s, power_));
}

Spread spread(std::span<const float> ratings, float otherwise) {
  if (ratings.empty()) return {0, otherwise};
  double sum = 0, squares = 0;
  for (const float r : ratings) sum += r;
  const double mean = sum / static_cast<double>(ratings.size());
  for (const float r : ratings) squares += (r - mean) * (r - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(ratings.size()));
  return {static_cast<float>(mean), deviation > 1e-6 ? static_cast<float>(deviation) : otherwise};
}

template <bool kByItem>
std::vector<Param> RatingKnnConfig<kByItem>::params() {
  std::vector<Param> params = {
      {"centering",
       &centering,
       kByItem ? "reference of ratings: none, mean of the item, zscore (mean and standard deviation), "
                 "baseline (mu + b_u + b_i)"
               : "reference of ratings: none, mean of the user, zscore (mean and standard deviation), "
                 "baseline (mu + b_u + b_i)",
       0,
       0,
       {"none", "mean", "zscore", "baseline"},
       false,
       kSearchChoices},
      {"similarity",
       &similarity,
       kByItem ? "similarity of two items, from the users who rated both"
               : "similarity of two users, from the items that both rated",
       0,
       0,
       {std::begin(kNames), std::end(kNames)},
       false,
       kSearchChoices},
      {"max_neighbors",
       &max_neighbors,
       "maximum number of neighbors used for a prediction (Surprise: k)",
       1,
       100'000,
       {},
       true,
       {5, 200}},
      {"min_neighbors", &min_neighbors, "with fewer neighbors, predict the baseline (Surprise: min_k)", 1,
       100'000},
      {"shrinkage",
       &shrinkage,
       "similarity is multiplied by n / (n + shrinkage), n = common ratings",
       0,
       1e6,
       {},
       true,
       {1, 1000}},
      {"min_overlap", &min_overlap, "minimum number of common ratings of two neighbors", 1, 1'000'000},
      {"power",
       &power,
       "exponent of the similarity; above 1, near neighbors weigh more",
       0.01,
       100,
       {},
       true,
       {0.5, 4}},
      {"damping",
       &damping,
       "added to the sum of similarities, which shrinks the prediction towards the reference; not used with "
       "centering none",
       0,
       1e6,
       {},
       false,
       {0, 1}},
      {"item_regularization",
       &item_regularization,
       "lambda_i of the item biases in the baseline, in ratings, as in model bias",
       0,
       1e6,
       {},
       true,
       {0.5, 50}},
      {"user_regularization",
       &user_regularization,
       "lambda_u of the user biases in the baseline, in ratings, as in model bias",
       0,
       1e6,
       {},
       true,
       {0.5, 50}}};
  if (kByItem) {
    params.push_back({"neighbors", &neighbors,
                      "number of most similar items stored per item, among which max_neighbors are used", 1,
                      100'000});
  }
  return params;
}

template struct RatingKnnConfig<true>;
template struct RatingKnnConfig<false>;

}  // namespace akin
