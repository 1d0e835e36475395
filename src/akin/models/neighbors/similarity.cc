#include "akin/models/neighbors/similarity.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::string_view kNames[] = {"cosine",         "adjusted-cosine", "pearson", "jaccard",
                                       "log-likelihood", "tfidf",           "bm25"};

double x_log_x(double x) { return x > 0 ? x * std::log(x) : 0; }

/// x^-p, 0 for what is not positive: a row that is like nothing.
float inverse_power(double x, double p) { return x > 0 ? static_cast<float>(std::pow(x, -p)) : 0.0f; }

double sum_of(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += v;
  return sum;
}

}  // namespace

std::vector<std::string_view> similarity_names() { return {std::begin(kNames), std::end(kNames)}; }

double log_likelihood_ratio(double both, double x, double y, double all) {
  if (both * all <= x * y) return 0;
  const double cells = x_log_x(both) + x_log_x(x - both) + x_log_x(y - both) + x_log_x(all - x - y + both);
  const double margins = x_log_x(x) + x_log_x(all - x) + x_log_x(y) + x_log_x(all - y);
  return std::max(0.0, 2 * (cells - margins + x_log_x(all)));
}

SimilarityMeasure::SimilarityMeasure(const Csr& rows, const Csr& columns, const SimilaritySpec& spec,
                                     std::string_view owner)
    : spec_(spec), n_columns_(static_cast<double>(rows.cols)) {
  const auto* const name = std::ranges::find(kNames, spec.name);
  AKIN_ASSERT(name != std::end(kNames));
  kind_ = static_cast<Kind>(name - std::begin(kNames));
  const auto n_rows = static_cast<double>(rows.rows());
  if (kind_ == Kind::kTfidf || kind_ == Kind::kBm25) {
    idf_.assign(columns.rows(), 0.0f);
    for (std::size_t c = 0; c < columns.rows(); ++c) {
      if (columns.row_size(c) > 0)
        idf_[c] = static_cast<float>(std::log1p(n_rows / static_cast<double>(columns.row_size(c))));
    }
  }
  if (kind_ == Kind::kBm25) {
    const double total = sum_of(rows.values);
    mean_length_ = total / std::max(1.0, n_rows);
    if (!(mean_length_ > 0))
      fail(ErrorCode::kBadData, "{}: the values sum to {}; bm25 needs positive ones", owner, total);
  }
  if (kind_ != Kind::kAdjustedCosine) return;
  column_mean_.assign(columns.rows(), 0.0f);
  for (std::size_t c = 0; c < columns.rows(); ++c) {
    column_mean_[c] = static_cast<float>(sum_of(columns.values_of(c)) / n_rows);
    shift_ += static_cast<double>(column_mean_[c]) * column_mean_[c];
  }
}

void SimilarityMeasure::weigh(std::span<const idx_t> columns, std::span<float> values) const {
  if (kind_ == Kind::kTfidf) {
    for (std::size_t e = 0; e < columns.size(); ++e)
      values[e] = std::sqrt(std::max(0.0f, values[e])) * idf_[columns[e]];
  } else if (kind_ == Kind::kBm25) {
    const double length = sum_of(values);
    for (std::size_t e = 0; e < columns.size(); ++e)
      values[e] = bm25_weight(values[e], length) * idf_[columns[e]];
  }
}

float SimilarityMeasure::bm25_weight(double r, double length) const {
  const double k1 = spec_.k1, b = spec_.b;
  const double damping = k1 * (1.0 - b + b * length / mean_length_);
  return r > 0 ? static_cast<float>(r * (k1 + 1.0) / (r + damping)) : 0.0f;
}

void SimilarityMeasure::weigh(Csr& rows) const {
  for (std::size_t r = 0; r < rows.rows(); ++r)
    weigh(rows.cols_of(r), std::span(rows.values).subspan(rows.offsets[r], rows.row_size(r)));
}

SimilarityMeasure::Row SimilarityMeasure::row(std::span<const idx_t> columns,
                                              std::span<const float> weights) const {
  double sum = 0, squares = 0, shift = 0;
  for (std::size_t e = 0; e < columns.size(); ++e) {
    const double w = weights[e];
    sum += w;
    squares += w * w;
    if (!column_mean_.empty()) shift += w * column_mean_[columns[e]];
  }
  if (kind_ == Kind::kPearson) squares -= sum * sum / n_columns_;
  if (kind_ == Kind::kAdjustedCosine) squares += shift_ - 2 * shift;
  const bool unscaled = kind_ == Kind::kBm25 || kind_ == Kind::kJaccard || kind_ == Kind::kLogLikelihood;
  const bool symmetric = kind_ == Kind::kPearson || kind_ == Kind::kAdjustedCosine;
  const double alpha = symmetric ? 0.5 : static_cast<double>(spec_.alpha);
  return {.size = static_cast<float>(columns.size()),
          .sum = static_cast<float>(sum),
          .shift = static_cast<float>(shift),
          .left = unscaled ? 1.0f : inverse_power(squares, alpha),
          .right = unscaled ? 1.0f : inverse_power(squares, 1 - alpha),
          .gain = kind_ == Kind::kBm25 ? bm25_weight(1, static_cast<double>(columns.size())) : 1.0f};
}

double SimilarityMeasure::between(const Row& x, const Row& y, const Sum& sum) const {
  const double common = sum.common, dot = sum.dot;
  switch (kind_) {
    case Kind::kJaccard:
      return common / (static_cast<double>(x.size) + y.size - common);
    case Kind::kLogLikelihood:
      return log_likelihood_ratio(common, x.size, y.size, n_columns_);
    case Kind::kPearson:
      return (dot - static_cast<double>(x.sum) * y.sum / n_columns_) * x.left * y.right;
    case Kind::kAdjustedCosine:
      return (dot - x.shift - y.shift + shift_) * x.left * y.right;
    default:
      return dot * x.left * y.right;
  }
}

float SimilarityMeasure::similarity(const Row& x, const Row& y, const Sum& sum) const {
  if (sum.common < static_cast<std::uint32_t>(spec_.min_overlap)) return 0;
  const double common = sum.common;
  const double s = between(x, y, sum) * common / (common + static_cast<double>(spec_.shrinkage));
  if (!(s > 0)) return 0;
  return static_cast<float>(spec_.power == 1 ? s : std::pow(s, static_cast<double>(spec_.power)));
}

bool SimilarityMeasure::is_product() const {
  return kind_ == Kind::kCosine || kind_ == Kind::kTfidf || kind_ == Kind::kBm25;
}

SimilarityRows weigh_rows(Csr r, const SimilaritySpec& spec, std::string_view owner) {
  SimilarityRows result;
  result.spec = spec;
  result.uniform = std::ranges::all_of(r.values, [](float value) { return value == 1; });
  Csr columns = transpose(r);
  result.measure = SimilarityMeasure(r, columns, spec, owner);
  result.rows = std::move(r);
  const bool weighted = !result.measure.column_weights().empty();
  if (weighted) result.measure.weigh(result.rows);
  if (!std::ranges::all_of(result.rows.values, [](float w) { return std::isfinite(w); })) {
    fail(ErrorCode::kBadData, "{}: the summed values overflow; scale them or train without use_values",
         owner);
  }
  result.columns = weighted ? transpose(result.rows) : std::move(columns);
  result.stats.resize(result.rows.rows());
  for (std::size_t x = 0; x < result.stats.size(); ++x)
    result.stats[x] = result.measure.row(result.rows.cols_of(x), result.rows.values_of(x));
  return result;
}

template <bool kByItem>
std::vector<Param> KnnConfig<kByItem>::params() {
  std::vector<Param> params = {
      {"similarity", &similarity,
       kByItem ? "similarity of two items, from their common users"
               : "similarity of two users, from their common items",
       0, 0, similarity_names(), false, kSearchChoices},
      {"neighbors",
       &neighbors,
       kByItem ? "most similar items stored per item" : "most similar users whose items are recommended",
       1,
       100'000,
       {},
       true,
       {10, 1000}},
      {"shrinkage",
       &shrinkage,
       kByItem ? "similarity is multiplied by n / (n + shrinkage), n = common users"
               : "similarity is multiplied by n / (n + shrinkage), n = common items",
       0,
       1e6,
       {},
       true,
       {0.1, 1000}},
      {"min_overlap", &min_overlap,
       kByItem ? "minimum number of common users for a similarity above 0"
               : "minimum number of common items for a similarity above 0",
       1, 1'000'000},
      {"k1", &k1, "bm25: saturation of values", 0, 1000},
      {"b", &b, "bm25: normalization by item popularity; 0 = none", 0, 1},
      {"asymmetric_alpha",
       &asymmetric_alpha,
       kByItem ? "asymmetric cosine (cosine, tfidf): 0.5 = symmetric; lower favors unpopular neighbors, "
                 "higher favors popular ones"
               : "asymmetric cosine (cosine, tfidf): 0.5 = symmetric; lower favors users with few items, "
                 "higher favors users with many",
       0,
       1,
       {},
       false,
       {0, 1}},
      {"power",
       &power,
       "exponent of the similarity; above 1, near neighbors weigh more",
       0.01,
       100,
       {},
       true,
       {0.5, 4}},
      {"use_values", &use_values, "weigh events by their value instead of 1"}};
  if (!kByItem) return params;
  params.push_back(
      {"normalize", &normalize,
       "normalize each item's list to sum 1, so that all items of the history have equal influence"});
  params.push_back(
      {"neighbors_of",
       &neighbors_of,
       "whose list is limited to `neighbors`: that of the item in the history or of the scored item",
       0,
       0,
       {"history", "target"},
       false,
       kSearchChoices});
  return params;
}

template struct KnnConfig<true>;
template struct KnnConfig<false>;

}  // namespace akin
