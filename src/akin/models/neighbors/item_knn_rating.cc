#include "akin/models/neighbors/item_knn_rating.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/stored_params.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {
namespace {

/// What the similarity is taken of, in place of the ratings (users, items).
void center_for(RatingSimilarity::Kind kind, const RatingBaseline& baseline,
                const std::vector<float>& item_means, Csr& ratings) {
  using Kind = RatingSimilarity::Kind;
  for (std::size_t u = 0; u < ratings.rows(); ++u) {
    const float user_mean = spread(ratings.values_of(u), 1).mean;
    const float user_bias = baseline.user_bias(ratings.cols_of(u), ratings.values_of(u));
    for (std::uint64_t e = ratings.offsets[u]; e < ratings.offsets[u + 1]; ++e) {
      const idx_t item = ratings.indices[e];
      if (kind == Kind::kAdjustedCosine) ratings.values[e] -= user_mean;
      if (kind == Kind::kPearson) ratings.values[e] -= item_means[item];  // no change but for rounding
      if (kind == Kind::kPearsonBaseline)
        ratings.values[e] -= baseline.mean() + user_bias + baseline.item_bias(item);
    }
  }
}

}  // namespace

/// A query: its ratings' distances from their centre by item, NaN where there is none.
struct ItemKnnRating::Asker {
  float user_bias = 0;
  std::vector<float> distances;
};

/// base + scale x sum / weight, or the baseline alone if there are too few neighbors.
struct ItemKnnRating::Sums {
  float base = 0;
  float scale = 0;  ///< z_i / (damping + sum of similarities); 0 = too few
  float sum = 0;
};

std::unique_ptr<Model> ItemKnnRating::fit(const TrainingData& data, const Config& config,
                                          const Context& context) {
  context.check_stop();
  Csr users = to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast);
  if (users.entries() == 0) fail(ErrorCode::kBadData, "item-knn-rating: there are no training ratings");
  RatingBaseline baseline(users, config.baseline());
  const float deviation = spread(users.values, 1).deviation;
  const Csr ratings = transpose(users);
  std::vector<float> means, deviations;
  for (std::size_t i = 0; i < ratings.rows(); ++i) {
    const Spread item = spread(ratings.values_of(i), deviation);
    means.push_back(item.mean);
    deviations.push_back(config.centering == "zscore" ? item.deviation : 1.0f);
  }
  const RatingSimilarity similarity(config, users.rows());
  center_for(similarity.kind(), baseline, means, users);
  const Csr items = transpose(users);
  Csr lists = nearest_rows<RatingSum>(items, users, static_cast<std::size_t>(config.neighbors), context,
                                      [&](idx_t item, idx_t other, const RatingSum& sum) {
                                        return similarity(items.row_size(item), items.row_size(other), sum);
                                      });
  return std::unique_ptr<Model>(new ItemKnnRating(
      config, std::move(baseline), NeighborLists(std::move(lists)), std::move(means), std::move(deviations)));
}

ItemKnnRating::ItemKnnRating(const Config& config, RatingBaseline baseline, NeighborLists lists,
                             std::vector<float> means, std::vector<float> deviations)
    : config_(config),
      from_baseline_(config.centering == "baseline"),
      from_means_(config.centering == "mean" || config.centering == "zscore"),
      baseline_(std::move(baseline)),
      lists_(std::move(lists)),
      means_(std::move(means)),
      deviations_(std::move(deviations)) {}

float ItemKnnRating::center(const Asker& asker, idx_t item) const {
  if (from_baseline_) return baseline_.mean() + asker.user_bias + baseline_.item_bias(item);
  return from_means_ ? means_[item] : 0.0f;
}

ItemKnnRating::Asker ItemKnnRating::asker(const Query& query) const {
  const RatedItems rated = baseline_.rated_items(query);
  Asker asker{baseline_.user_bias(rated.items, rated.ratings),
              std::vector<float>(n_items(), std::numeric_limits<float>::quiet_NaN())};
  for (std::size_t h = 0; h < rated.items.size(); ++h) {
    const idx_t item = rated.items[h];
    asker.distances[item] = (rated.ratings[h] - center(asker, item)) / deviations_[item];
  }
  return asker;
}

ItemKnnRating::Sums ItemKnnRating::sums(const Asker& asker, idx_t item, std::vector<Scored>* terms) const {
  const auto others = lists_.lists().cols_of(item);
  const auto similarities = lists_.lists().values_of(item);
  float sum = 0, weight = 0;
  int found = 0;
  for (std::size_t n = 0; n < others.size() && found < config_.max_neighbors; ++n) {
    const float distance = asker.distances[others[n]];
    if (std::isnan(distance)) continue;
    const float term = similarities[n] * distance;
    if (terms) terms->push_back({others[n], term});
    sum += term;
    weight += similarities[n];
    ++found;
  }
  if (found < config_.min_neighbors)
    return {baseline_.mean() + asker.user_bias + baseline_.item_bias(item), 0.0f, 0.0f};
  if (config_.centering != "none") weight += config_.damping;
  return {center(asker, item), deviations_[item] / weight, sum};
}

float ItemKnnRating::predict(const Asker& asker, idx_t item) const {
  const Sums p = sums(asker, item, nullptr);
  return p.base + p.scale * p.sum;
}

bool ItemKnnRating::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  if (query.history.empty()) return false;
  const Asker asker = this->asker(query);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = predict(asker, static_cast<idx_t>(i));
  return true;
}

bool ItemKnnRating::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  AKIN_ASSERT(out.size() == items.size());
  if (query.history.empty()) return false;
  const Asker asker = this->asker(query);
  std::ranges::transform(items, out.begin(), [&](idx_t item) { return predict(asker, item); });
  return true;
}

std::optional<Explanation> ItemKnnRating::explain(const Query& query, idx_t item) const {
  if (query.history.empty()) return std::nullopt;
  Explanation explanation;
  const Sums p = sums(asker(query), item, &explanation.causes);
  explanation.base = p.base;
  for (Scored& cause : explanation.causes) cause.score *= p.scale;
  std::erase_if(explanation.causes, [](const Scored& cause) { return cause.score == 0; });
  sort_causes(explanation);
  return explanation;
}

void ItemKnnRating::save(TensorWriter& writer) const {
  Config config = config_;
  write_params(writer, config.params());
  baseline_.save(writer);
  write_csr(writer, "model.neighbors", lists_.lists());
  writer.tensor("model.means", means_);
  writer.tensor("model.deviations", deviations_);
}

std::unique_ptr<Model> ItemKnnRating::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  constexpr float kLeast = std::numeric_limits<float>::min();  // they divide
  Config config;
  read_params(reader, config.params(), kName);
  return std::unique_ptr<Model>(new ItemKnnRating(
      config, RatingBaseline::load(reader, n_items),
      NeighborLists(read_csr(reader, "model.neighbors", n_items, n_items, ColumnOrder::kAny)),
      reader.vector<float>("model.means", n_items),
      reader.vector_in<float>("model.deviations", n_items, kLeast, std::numeric_limits<float>::max())));
}

}  // namespace akin
