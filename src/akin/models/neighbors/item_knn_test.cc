#include "akin/models/neighbors/item_knn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "akin/base/error.h"

namespace akin {
namespace {

/// Random events, some repeated, over n_users x n_items.
Dataset random_shop(idx_t n_users, idx_t n_items, std::size_t per_user) {
  Dataset data;
  for (idx_t i = 0; i < n_items; ++i) data.items.add("i" + std::to_string(i));
  Rng rng(9);
  for (idx_t u = 0; u < n_users; ++u) {
    data.users.add("u" + std::to_string(u));
    const std::size_t count = 1 + rng.below(2 * per_user);
    for (std::size_t e = 0; e < count; ++e) {
      const double skew = rng.uniform();
      data.events.push_back({.user = u,
                             .item = static_cast<idx_t>(skew * skew * n_items),
                             .value = static_cast<float>(1 + rng.below(5))});
    }
  }
  return data;
}

/// The similarity of the class comment, from dense columns of R.
class Reference {
 public:
  Reference(const Dataset& data, const ItemKnn::Config& config) : config_(config) {
    r_.assign(data.n_items(), std::vector<double>(data.n_users(), 0.0));
    for (const Event& event : data.events) {
      double& r = r_[event.item][event.user];
      r = config.use_values ? r + event.value : 1.0;
    }
    for (std::size_t u = 0; u < data.n_users(); ++u) {
      double n = 0;
      for (const auto& column : r_) n += column[u] > 0 ? 1 : 0;
      idf_.push_back(std::log(1 + static_cast<double>(r_.size()) / n));
    }
    for (const auto& column : r_) {
      double length = 0;
      for (const double r : column) length += r;
      length_.push_back(length);
      mean_ += length / static_cast<double>(r_.size());
    }
  }

  double similarity(std::size_t i, std::size_t j) const {
    double dot = 0, norm_i = 0, norm_j = 0, common = 0, either = 0;
    for (std::size_t u = 0; u < idf_.size(); ++u) {
      const double a = weight(i, u), b = weight(j, u);
      dot += a * b;
      norm_i += a * a;
      norm_j += b * b;
      common += r_[i][u] > 0 && r_[j][u] > 0 ? 1 : 0;
      either += r_[i][u] > 0 || r_[j][u] > 0 ? 1 : 0;
    }
    if (common < config_.min_overlap || common == 0) return 0;
    double s = dot;
    if (config_.similarity == "jaccard") s = common / either;
    if (config_.similarity == "cosine" || config_.similarity == "tfidf") s = dot / std::sqrt(norm_i * norm_j);
    return s * common / (common + static_cast<double>(config_.shrinkage));
  }

 private:
  double weight(std::size_t i, std::size_t u) const {
    const double r = r_[i][u];
    if (r == 0 || config_.similarity == "cosine") return r;
    if (config_.similarity == "tfidf") return std::sqrt(r) * idf_[u];
    const double k1 = config_.k1, b = config_.b;
    return idf_[u] * r * (k1 + 1) / (r + k1 * (1 - b + b * length_[i] / mean_));
  }

  ItemKnn::Config config_;
  std::vector<std::vector<double>> r_;  // by item
  std::vector<double> idf_, length_;
  double mean_ = 0;
};

void expect_matches_reference(const ItemKnn::Config& config) {
  const Dataset data = random_shop(53, 37, 6);
  const Reference reference(data, config);
  const auto model = ItemKnn::fit({data, data.events}, config, {});
  for (idx_t i = 0; i < 37; ++i) {
    std::vector<double> expected;
    for (idx_t j = 0; j < 37; ++j) {
      if (j != i && reference.similarity(i, j) > 0) expected.push_back(reference.similarity(i, j));
    }
    std::ranges::sort(expected, std::greater());
    if (expected.size() > static_cast<std::size_t>(config.neighbors)) {
      expected.resize(static_cast<std::size_t>(config.neighbors));
    }
    const std::vector<Scored> similar = model->similar(i, 1000);
    ASSERT_EQ(similar.size(), expected.size()) << config.similarity << " item " << i;
    for (std::size_t k = 0; k < similar.size(); ++k) {
      EXPECT_NEAR(similar[k].score, expected[k], 2e-5 * (1 + expected[k]))
          << config.similarity << " item " << i;
      EXPECT_NEAR(similar[k].score, reference.similarity(i, similar[k].idx), 2e-5 * (1 + expected[k]));
    }
  }
}

TEST(ItemKnn, EverySimilarityMatchesTheDenseReference) {
  for (const char* similarity : {"cosine", "jaccard", "tfidf", "bm25"}) {
    expect_matches_reference({.similarity = similarity, .shrinkage = 0});
    expect_matches_reference({.similarity = similarity, .neighbors = 5, .shrinkage = 7.5f});
    expect_matches_reference(
        {.similarity = similarity, .shrinkage = 3, .min_overlap = 3, .use_values = true});
  }
}

TEST(ItemKnn, Bm25UsesItsParameters) {
  expect_matches_reference({.similarity = "bm25", .k1 = 50, .b = 0, .use_values = true});
  expect_matches_reference({.similarity = "bm25", .k1 = 0, .b = 1});
}

/// a and b share users 0 and 1, b and c share user 2.
Dataset chain() {
  Dataset data;
  for (const char* item : {"a", "b", "c", "alone"}) data.items.add(item);
  for (const char* user : {"0", "1", "2"}) data.users.add(user);
  data.events = {{.user = 0, .item = 0, .value = 2}, {.user = 0, .item = 1, .value = 4},
                 {.user = 1, .item = 0, .value = 1}, {.user = 1, .item = 1, .value = 1},
                 {.user = 2, .item = 1, .value = 3}, {.user = 2, .item = 2, .value = 5}};
  return data;
}

TEST(ItemKnn, ScoresAreSumsOverTheListsOfTheHistory) {
  const Dataset data = chain();
  const auto model = ItemKnn::fit({data, data.events}, {.similarity = "jaccard", .shrinkage = 0}, {});
  std::vector<float> out(4);
  const std::vector<idx_t> history = {0, 2, 0};  // the repeated item counts once
  ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out));
  EXPECT_EQ(out, (std::vector<float>{0, 2.0f / 3 + 1.0f / 3, 0, 0}));
}

TEST(ItemKnn, CutsTheListOfTheHistoryItem) {
  const Dataset data = chain();
  const auto model =
      ItemKnn::fit({data, data.events}, {.similarity = "jaccard", .neighbors = 1, .shrinkage = 0}, {});
  std::vector<float> out(4);
  const std::vector<idx_t> b = {1}, c = {2};
  ASSERT_TRUE(model->score_all({std::nullopt, b, {}}, out));
  EXPECT_EQ(out, (std::vector<float>{2.0f / 3, 0, 0, 0})) << "b keeps a only";
  ASSERT_TRUE(model->score_all({std::nullopt, c, {}}, out));
  EXPECT_EQ(out, (std::vector<float>{0, 1.0f / 3, 0, 0})) << "c still votes for b";
}

TEST(ItemKnn, ValuesWeighTheHistory) {
  const Dataset data = chain();
  const auto model =
      ItemKnn::fit({data, data.events}, {.similarity = "jaccard", .shrinkage = 0, .use_values = true}, {});
  std::vector<float> out(4);
  const std::vector<idx_t> history = {0, 2, 0};
  const std::vector<float> values = {1, 3, 0.5f};
  ASSERT_TRUE(model->score_all({std::nullopt, history, values}, out));
  EXPECT_FLOAT_EQ(out[1], 1.5f * 2 / 3 + 3.0f / 3);
}

TEST(ItemKnn, KnowsNothingAfterAnItemWithoutNeighbours) {
  const Dataset data = chain();
  const auto model = ItemKnn::fit({data, data.events}, {}, {});
  std::vector<float> out(4);
  const std::vector<idx_t> alone = {3};
  EXPECT_FALSE(model->score_all({std::nullopt, alone, {}}, out));
  EXPECT_TRUE(model->similar(3, 5).empty());
}

TEST(ItemKnn, IsTheSameWithMoreThreadsThanItems) {
  const Dataset data = random_shop(211, 13, 4);
  const auto one = ItemKnn::fit({data, data.events}, {.similarity = "tfidf"}, {.threads = 1});
  const auto many = ItemKnn::fit({data, data.events}, {.similarity = "tfidf"}, {.threads = 17});
  for (idx_t i = 0; i < 13; ++i) EXPECT_EQ(one->similar(i, 13), many->similar(i, 13));
}

TEST(ItemKnn, RefusesValuesItCannotWeigh) {
  Dataset data = chain();
  for (Event& event : data.events) event.value = 0;
  EXPECT_THROW(ItemKnn::fit({data, data.events}, {.similarity = "bm25", .use_values = true}, {}), Error);
  for (Event& event : data.events) event.value = 3e38f;
  data.events.insert(data.events.begin(), data.events.front());  // 6e38 is no float
  EXPECT_THROW(ItemKnn::fit({data, data.events}, {.use_values = true}, {}), Error);
  EXPECT_NO_THROW(ItemKnn::fit({data, data.events}, {}, {}));
}

}  // namespace
}  // namespace akin
