#include "akin/models/neighbors/user_knn_rating.h"

#include <algorithm>
#include <string>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/stored_params.h"
#include "akin/models/neighbors/neighbor_lists.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {

/// A query: its ratings, and how alike it is to each user, 0 = not at all.
struct UserKnnRating::Asker {
  float bias = 0;
  float mean = 0;
  float deviation = 1;  ///< z_u
  RatedItems rated;
  std::vector<float> similarity;
};

/// base + what the neighbors add.
struct UserKnnRating::Prediction {
  float base = 0;
  std::vector<Scored> terms = {};  ///< of each neighbor, the nearest first
  float value() const {
    float sum = 0;
    for (const Scored& term : terms) sum += term.score;
    return base + sum;
  }
};

UserKnnRating::UserKnnRating(const Config& config, Csr by_item)
    : config_(config), similarity_(config, by_item.rows()), by_item_(std::move(by_item)) {
  const Csr by_user = transpose(by_item_);
  baseline_ = RatingBaseline(by_user, config.baseline());
  const float deviation = spread(by_user.values, 1).deviation;
  for (std::size_t u = 0; u < by_user.rows(); ++u) {
    const Spread user = spread(by_user.values_of(u), deviation);
    sizes_.push_back(static_cast<std::uint32_t>(by_user.row_size(u)));
    means_.push_back(user.mean);
    biases_.push_back(baseline_.user_bias(by_user.cols_of(u), by_user.values_of(u)));
    deviations_.push_back(config.centering == "zscore" ? user.deviation : 1.0f);
  }
  for (std::size_t i = 0; i < by_item_.rows(); ++i)
    item_means_.push_back(spread(by_item_.values_of(i), 1).mean);
  compared_ = by_item_;
  for (std::size_t i = 0; i < by_item_.rows(); ++i) {
    for (std::uint64_t e = by_item_.offsets[i]; e < by_item_.offsets[i + 1]; ++e) {
      const idx_t user = by_item_.indices[e];
      compared_.values[e] = compared(by_item_.values[e], static_cast<idx_t>(i), means_[user], biases_[user]);
    }
  }
}

float UserKnnRating::compared(float rating, idx_t item, float user_mean, float user_bias) const {
  switch (similarity_.kind()) {
    case RatingSimilarity::Kind::kAdjustedCosine:
      return rating - item_means_[item];
    case RatingSimilarity::Kind::kPearson:
      return rating - user_mean;  // no change but for rounding
    case RatingSimilarity::Kind::kPearsonBaseline:
      return rating - (baseline_.mean() + user_bias + baseline_.item_bias(item));
    default:
      return rating;
  }
}

float UserKnnRating::center(idx_t item, float user_mean, float user_bias) const {
  if (config_.centering == "baseline") return baseline_.mean() + user_bias + baseline_.item_bias(item);
  return config_.centering == "none" ? 0.0f : user_mean;
}

std::unique_ptr<Model> UserKnnRating::fit(const TrainingData& data, const Config& config,
                                          const Context& context) {
  context.check_stop();
  const Csr users = to_csr(data.events, data.n_users(), data.n_items(), Repeats::kLast);
  if (users.entries() == 0) fail(ErrorCode::kBadData, "user-knn-rating: there are no training ratings");
  return std::unique_ptr<Model>(new UserKnnRating(config, transpose(users)));
}

UserKnnRating::Asker UserKnnRating::asker(const Query& query) const {
  Asker asker;
  asker.rated = baseline_.rated_items(query);
  const std::vector<idx_t>& items = asker.rated.items;
  const std::vector<float>& ratings = asker.rated.ratings;
  const Spread user = spread(ratings, 1);
  asker.mean = user.mean;
  asker.bias = baseline_.user_bias(items, ratings);
  if (config_.centering == "zscore") asker.deviation = user.deviation;
  std::vector<float> values(items.size());
  for (std::size_t h = 0; h < items.size(); ++h)
    values[h] = compared(ratings[h], items[h], asker.mean, asker.bias);
  asker.similarity.assign(sizes_.size(), 0.0f);
  SparseProduct<RatingSum> product(compared_);
  product.row(items, values, [&](idx_t other, const RatingSum& sum) {
    if (other != query.user) asker.similarity[other] = similarity_(items.size(), sizes_[other], sum);
  });
  return asker;
}

UserKnnRating::Prediction UserKnnRating::predict(const Asker& asker, idx_t item) const {
  const auto users = by_item_.cols_of(item);
  const auto ratings = by_item_.values_of(item);
  TopK best(std::min(static_cast<std::size_t>(config_.max_neighbors), users.size()));
  for (std::size_t e = 0; e < users.size(); ++e) {
    const float s = asker.similarity[users[e]];
    if (s > 0 && s >= best.threshold()) best.push(static_cast<idx_t>(e), s);
  }
  std::vector<Scored> neighbors = best.take();
  if (neighbors.size() < static_cast<std::size_t>(config_.min_neighbors))
    return {baseline_.mean() + asker.bias + baseline_.item_bias(item)};
  float weight = config_.centering == "none" ? 0.0f : config_.damping;
  for (const Scored& neighbor : neighbors) weight += neighbor.score;
  for (Scored& neighbor : neighbors) {
    const idx_t user = users[neighbor.idx];
    const float distance = ratings[neighbor.idx] - center(item, means_[user], biases_[user]);
    neighbor = {user, asker.deviation * neighbor.score / weight * distance / deviations_[user]};
  }
  return {center(item, asker.mean, asker.bias), std::move(neighbors)};
}

bool UserKnnRating::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  if (query.history.empty()) return false;
  const Asker asker = this->asker(query);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = predict(asker, static_cast<idx_t>(i)).value();
  return true;
}

bool UserKnnRating::score(const Query& query, std::span<const idx_t> items, std::span<float> out) const {
  AKIN_ASSERT(out.size() == items.size());
  if (query.history.empty()) return false;
  const Asker asker = this->asker(query);
  std::ranges::transform(items, out.begin(), [&](idx_t item) { return predict(asker, item).value(); });
  return true;
}

std::optional<Explanation> UserKnnRating::explain(const Query& query, idx_t item) const {
  if (query.history.empty()) return std::nullopt;
  const Asker asker = this->asker(query);
  const Prediction prediction = predict(asker, item);
  const auto& rated = asker.rated.items;
  std::vector<double> added(rated.size(), 0.0);
  std::vector<std::size_t> shared;
  for (const Scored& term : prediction.terms) {
    shared.clear();
    for (std::size_t h = 0; h < rated.size(); ++h) {
      if (std::ranges::binary_search(by_item_.cols_of(rated[h]), term.idx)) shared.push_back(h);
    }
    for (const std::size_t h : shared) added[h] += term.score / static_cast<double>(shared.size());
  }
  Explanation explanation{prediction.base, {}};
  for (std::size_t h = 0; h < rated.size(); ++h) {
    if (added[h] != 0) explanation.causes.push_back({rated[h], static_cast<float>(added[h])});
  }
  sort_causes(explanation);
  return explanation;
}

void UserKnnRating::save(TensorWriter& writer) const {
  Config config = config_;
  write_params(writer, config.params());
  write_csr(writer, "model.ratings", by_item_);
}

std::unique_ptr<Model> UserKnnRating::select_users(std::span<const idx_t> users) const {
  Csr ratings = transpose(select_rows(transpose(by_item_), users));
  if (ratings.entries() == 0)
    fail(ErrorCode::kBadData, "user-knn-rating: no ratings remain after these users are removed");
  return std::unique_ptr<Model>(new UserKnnRating(config_, std::move(ratings)));
}

std::unique_ptr<Model> UserKnnRating::load(const TensorReader& reader, std::size_t n_users,
                                           std::size_t n_items) {
  Config config;
  read_params(reader, config.params(), kName);
  Csr ratings = read_csr(reader, "model.ratings", n_items, n_users, ColumnOrder::kAscending);
  if (ratings.entries() == 0) reader.inconsistent("there are no ratings");
  return std::unique_ptr<Model>(new UserKnnRating(config, std::move(ratings)));
}

}  // namespace akin
