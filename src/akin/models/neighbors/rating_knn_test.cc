// item-knn-rating and user-knn-rating against one oracle: they are each other on the transposed matrix.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "akin/base/error.h"
#include "akin/models/neighbors/dense_similarity.h"
#include "akin/models/neighbors/item_knn_rating.h"
#include "akin/models/neighbors/user_knn_rating.h"

namespace akin {
namespace {

constexpr idx_t kUsers = 37, kItems = 29;
constexpr double kUnknown = -1;

/// Each (user, item) at most once; the last item and the last user have no ratings.
Dataset ratings() {
  Dataset data = test::random_dataset(kUsers - 1, kItems - 1, 9);
  data.users.add("new");
  data.items.add("new");
  std::vector<Event> once;
  for (const Event& event : data.events) {
    const bool repeated = std::ranges::any_of(
        once, [&](const Event& e) { return e.user == event.user && e.item == event.item; });
    if (!repeated) once.push_back(event);
  }
  data.events = once;
  return data;
}

/// A model, with rows = items or users, in plain loops over the dense matrix of ratings.
template <bool kByItem>
class Reference {
 public:
  Reference(const Dataset& data, const RatingKnnConfig<kByItem>& config)
      : config_(config), by_user_(kUsers, std::vector<double>(kItems, kUnknown)), baseline_(make(data)) {
    for (const Event& event : data.events) by_user_[event.user][event.item] = event.value;
    rows_ = kByItem ? test::transposed(by_user_) : by_user_;
  }

  double base(idx_t user, idx_t item) const {
    std::vector<idx_t> items;
    std::vector<float> values;
    for (idx_t i = 0; i < kItems; ++i) {
      if (by_user_[user][i] == kUnknown) continue;
      items.push_back(i);
      values.push_back(static_cast<float>(by_user_[user][i]));
    }
    return static_cast<double>(baseline_.mean()) + baseline_.user_bias(items, values) +
           baseline_.item_bias(item);
  }

  double similarity(std::size_t x, std::size_t y) const {
    double n = 0, mean_x = 0, mean_y = 0, n_x = 0, n_y = 0, squares = 0;
    for (std::size_t c = 0; c < rows_[0].size(); ++c) {
      n_x += rows_[x][c] != kUnknown ? 1 : 0;
      n_y += rows_[y][c] != kUnknown ? 1 : 0;
      if (rows_[x][c] == kUnknown || rows_[y][c] == kUnknown) continue;
      ++n;
      mean_x += rows_[x][c];
      mean_y += rows_[y][c];
      squares += (rows_[x][c] - rows_[y][c]) * (rows_[x][c] - rows_[y][c]);
    }
    if (n < config_.min_overlap || n == 0) return 0;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t c = 0; c < rows_[0].size(); ++c) {
      if (rows_[x][c] == kUnknown || rows_[y][c] == kUnknown) continue;
      const double a = compared(x, c, mean_x / n), b = compared(y, c, mean_y / n);
      xy += a * b;
      xx += a * a;
      yy += b * b;
    }
    double s = xx > 1e-9 && yy > 1e-9 ? xy / std::sqrt(xx * yy) : 0;
    if (config_.similarity == "msd") s = 1 / (1 + squares / n);
    if (config_.similarity == "jaccard") s = n / (n_x + n_y - n);
    if (config_.similarity == "log-likelihood")
      s = log_likelihood_ratio(n, n_x, n_y, static_cast<double>(rows_[0].size()));
    s *= n / (n + static_cast<double>(config_.shrinkage));
    return s > 1e-7 ? std::pow(s, static_cast<double>(config_.power)) : 0;
  }

  double predict(idx_t user, idx_t item) const {
    const std::size_t row = kByItem ? item : user, column = kByItem ? user : item;
    std::vector<std::pair<double, std::size_t>> nearest;
    for (std::size_t other = 0; other < rows_.size(); ++other) {
      if (other == row || rows_[other][column] == kUnknown) continue;
      if (const double s = similarity(row, other); s > 0) nearest.emplace_back(-s, other);
    }
    std::ranges::sort(nearest);
    nearest.resize(std::min(nearest.size(), static_cast<std::size_t>(config_.max_neighbors)));
    if (nearest.empty() || nearest.size() < static_cast<std::size_t>(config_.min_neighbors))
      return base(user, item);
    double sum = 0, weight = config_.centering == "none" ? 0 : config_.damping;
    for (const auto& [negative, other] : nearest) {
      sum -= negative * (rows_[other][column] - center(other, column)) / scale(other);
      weight -= negative;
    }
    return center(row, column) + scale(row) * sum / weight;
  }

 private:
  RatingBaseline make(const Dataset& data) const {
    return RatingBaseline(to_csr(data.events, kUsers, kItems, Repeats::kLast), config_.baseline());
  }
  double base_of(std::size_t x, std::size_t c) const {
    return kByItem ? base(static_cast<idx_t>(c), static_cast<idx_t>(x))
                   : base(static_cast<idx_t>(x), static_cast<idx_t>(c));
  }
  static std::pair<double, double> moments(const std::vector<double>& values) {
    double n = 0, sum = 0, squares = 0;
    for (const double v : values) {
      if (v == kUnknown) continue;
      ++n;
      sum += v;
    }
    for (const double v : values) squares += v == kUnknown ? 0 : (v - sum / n) * (v - sum / n);
    return {n > 0 ? sum / n : 0, n > 0 ? std::sqrt(squares / n) : 0};
  }
  double compared(std::size_t x, std::size_t c, double common_mean) const {
    const double r = rows_[x][c];
    if (config_.similarity == "pearson") return r - common_mean;
    if (config_.similarity == "pearson-baseline") return r - base_of(x, c);
    if (config_.similarity != "adjusted-cosine") return r;
    std::vector<double> column;
    for (const auto& row : rows_) column.push_back(row[c]);
    return r - moments(column).first;
  }
  double center(std::size_t x, std::size_t c) const {
    if (config_.centering == "none") return 0;
    return config_.centering == "baseline" ? base_of(x, c) : moments(rows_[x]).first;
  }
  double scale(std::size_t x) const {
    if (config_.centering != "zscore") return 1;
    const double deviation = moments(rows_[x]).second;
    if (deviation > 1e-6) return deviation;
    std::vector<double> all;
    for (const auto& row : rows_) all.insert(all.end(), row.begin(), row.end());
    return moments(all).second;
  }

  RatingKnnConfig<kByItem> config_;
  test::Dense by_user_;
  RatingBaseline baseline_;
  test::Dense rows_;
};

struct Asked {
  Asked(const Dataset& data, idx_t user) {
    for (const Event& event : data.events) {
      if (event.user != user) continue;
      items.push_back(event.item);
      values.push_back(event.value);
    }
  }
  std::vector<idx_t> items;
  std::vector<float> values;
};

void expect_explained(const Model& model, const Query& query, std::span<const float> scores) {
  for (idx_t i = 0; i < kItems; ++i) {
    const auto why = model.explain(query, i);
    ASSERT_TRUE(why.has_value());
    double sum = why->base;
    for (const Scored& cause : why->causes) {
      sum += cause.score;
      EXPECT_GT(std::ranges::count(query.history, cause.idx), 0);
    }
    EXPECT_NEAR(sum, scores[i], 1e-4);
    EXPECT_TRUE(std::ranges::is_sorted(why->causes, ranks_before));
  }
}

template <typename M, bool kByItem>
void expect_matches_reference(const RatingKnnConfig<kByItem>& config) {
  static const Dataset data = ratings();
  const Reference<kByItem> reference(data, config);
  const auto model = M::fit({data, data.events}, config, {});
  int predicted = 0;
  for (const idx_t user : {0u, 5u, 17u}) {
    const Asked asked(data, user);
    const Query query{user, asked.items, asked.values};
    std::vector<float> all(kItems), one(1);
    ASSERT_TRUE(model->score_all(query, all));
    for (idx_t i = 0; i < kItems; ++i) {
      const double expected = reference.predict(user, i);
      EXPECT_NEAR(all[i], expected, 2e-3) << config.centering << " " << config.similarity << " item " << i;
      predicted += std::abs(expected - reference.base(user, i)) > 1e-3 ? 1 : 0;
      ASSERT_TRUE(model->score(query, std::vector<idx_t>{i}, one));
      EXPECT_EQ(one[0], all[i]);
    }
    EXPECT_NEAR(all[kItems - 1], reference.base(user, kItems - 1), 1e-5) << "an item without ratings";
    expect_explained(*model, query, all);
  }
  EXPECT_GT(predicted, 20) << "else everything would be the baseline";
}

template <typename M, bool kByItem>
void expect_every_combination_matches() {
  for (const char* centering : {"none", "mean", "zscore", "baseline"}) {
    for (const char* similarity :
         {"cosine", "adjusted-cosine", "pearson", "pearson-baseline", "msd", "jaccard", "log-likelihood"}) {
      expect_matches_reference<M>(RatingKnnConfig<kByItem>{
          .centering = centering, .similarity = similarity, .max_neighbors = 100, .min_overlap = 2});
    }
  }
  expect_matches_reference<M>(RatingKnnConfig<kByItem>{.similarity = "jaccard",
                                                       .max_neighbors = 3,
                                                       .min_neighbors = 2,
                                                       .shrinkage = 5,
                                                       .power = 1.5f,
                                                       .damping = 0.3f});
}

TEST(ItemKnnRating, EveryCombinationMatchesTheDenseReference) {
  expect_every_combination_matches<ItemKnnRating, true>();
}

TEST(UserKnnRating, EveryCombinationMatchesTheDenseReference) {
  expect_every_combination_matches<UserKnnRating, false>();
}

TEST(ItemKnnRating, LooksInTheStoredListsOnly) {
  const Dataset data = ratings();
  const auto all = ItemKnnRating::fit({data, data.events}, {}, {});
  const auto few = ItemKnnRating::fit({data, data.events}, {.neighbors = 2}, {});
  for (idx_t i = 0; i < kItems; ++i) {
    std::vector<Scored> first = all->similar(i, 100);
    first.resize(std::min<std::size_t>(first.size(), 2));
    EXPECT_EQ(few->similar(i, 100), first);
  }
}

TEST(RatingKnn, AHistoryWithoutValuesIsLiked) {
  const Dataset data = ratings();
  const std::vector<idx_t> history = {1, 4, 6};
  const std::vector<float> high(3, 5.0f), low(3, 1.0f);
  std::vector<float> unknown(kItems), liked(kItems), disliked(kItems);
  const auto model = UserKnnRating::fit({data, data.events}, {}, {});
  ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, unknown));
  ASSERT_TRUE(model->score_all({std::nullopt, history, high}, liked));
  ASSERT_TRUE(model->score_all({std::nullopt, history, low}, disliked));
  EXPECT_GT(unknown[kItems - 1], disliked[kItems - 1] + 0.2f);
  EXPECT_LE(unknown[kItems - 1], liked[kItems - 1]);
  EXPECT_FALSE(model->score_all({}, unknown));
  EXPECT_FALSE(model->explain({}, 0).has_value());
}

TEST(RatingKnn, IsTheSameWithMoreThreadsThanItems) {
  const Dataset data = ratings();
  const auto one = ItemKnnRating::fit({data, data.events}, {}, {.threads = 1});
  const auto many = ItemKnnRating::fit({data, data.events}, {}, {.threads = 31});
  for (idx_t i = 0; i < kItems; ++i) EXPECT_EQ(one->similar(i, kItems), many->similar(i, kItems));
}

TEST(RatingKnn, RefusesNoRatings) {
  const Dataset data = ratings();
  EXPECT_THROW(ItemKnnRating::fit({data, {}}, {}, {}), Error);
  EXPECT_THROW(UserKnnRating::fit({data, {}}, {}, {}), Error);
}

}  // namespace
}  // namespace akin
