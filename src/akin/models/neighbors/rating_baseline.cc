#include "akin/models/neighbors/rating_baseline.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/rank_rows.h"

namespace akin {
namespace {

float upper_quartile(std::vector<float> values) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * 3 / 4);
  std::ranges::nth_element(values, at);
  return *at;
}

}  // namespace

RatingBaseline::RatingBaseline(const Csr& ratings, const BaselineSpec& spec, const Communicator& ranks)
    : user_regularization_(spec.user_regularization),
      with_users_(spec.method != "mean"),
      item_bias_(ratings.cols, 0.0f) {
  std::vector<float> values = gather_all(ranks, std::span<const float>(ratings.values));
  AKIN_ASSERT(!values.empty());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const double mean = sum / static_cast<double>(values.size());
  mean_ = static_cast<float>(mean);
  liked_ = std::max(mean_, upper_quartile(std::move(values)));
  if (!with_users_) return;
  std::vector<double> counts(ratings.cols, 0.0), sums(ratings.cols);
  for (const idx_t item : ratings.indices) counts[item] += 1;
  add_over_ranks(ranks, std::span(counts));
  const int sweeps = spec.method == "als" ? spec.sweeps : 1;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    std::ranges::fill(sums, 0.0);
    change_in_order(ranks, std::span(sums), [&] {
      for (std::size_t u = 0; u < ratings.rows(); ++u) {
        const double rest = mean + (sweep == 0 ? 0.0f : user_bias(ratings.cols_of(u), ratings.values_of(u)));
        for (std::uint64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e)
          sums[ratings.indices[e]] += ratings.values[e] - rest;
      }
    });
    for (std::size_t i = 0; i < ratings.cols; ++i) {
      if (counts[i] > 0)
        item_bias_[i] =
            static_cast<float>(sums[i] / (counts[i] + static_cast<double>(spec.item_regularization)));
    }
  }
}

float RatingBaseline::user_bias(std::span<const idx_t> items, std::span<const float> ratings) const {
  if (!with_users_ || items.empty()) return 0;
  double sum = 0;
  for (std::size_t k = 0; k < items.size(); ++k)
    sum += static_cast<double>(ratings[k]) - mean_ - item_bias_[items[k]];
  return static_cast<float>(sum / (static_cast<double>(items.size()) + user_regularization_));
}

RatedItems RatingBaseline::rated_items(const Query& query) const {
  HistoryRow row = history_row(query, Repeats::kLast, liked_);
  return {std::move(row.items), std::move(row.values)};
}

void RatingBaseline::save(TensorWriter& writer) const {
  writer.tensor("model.baseline",
                std::vector<float>{mean_, liked_, user_regularization_, with_users_ ? 1.0f : 0.0f});
  writer.tensor("model.item_bias", item_bias_);
}

RatingBaseline RatingBaseline::load(const TensorReader& reader, std::size_t n_items) {
  const auto numbers = reader.vector<float>("model.baseline", 4);
  if (numbers[2] < 0) reader.inconsistent("tensor model.baseline holds a negative penalty");
  RatingBaseline baseline;
  baseline.mean_ = numbers[0];
  baseline.liked_ = numbers[1];
  baseline.user_regularization_ = numbers[2];
  baseline.with_users_ = numbers[3] > 0;
  baseline.item_bias_ = reader.vector<float>("model.item_bias", n_items);
  return baseline;
}

}  // namespace akin
