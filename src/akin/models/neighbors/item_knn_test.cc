#include "akin/models/neighbors/item_knn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "akin/base/error.h"
#include "akin/models/neighbors/dense_similarity.h"

namespace akin {
namespace {

using test::DenseSimilarity;
using test::random_dataset;

std::unique_ptr<Model> fit(const Dataset& data, const ItemKnn::Config& config, const Context& context = {}) {
  return ItemKnn::fit({data, data.events}, config, context);
}

DenseSimilarity reference(const Dataset& data, const ItemKnn::Config& config) {
  return {test::transposed(test::dense_users(data, config.use_values)), config.spec()};
}

void expect_matches_reference(const ItemKnn::Config& config) {
  const Dataset data = random_dataset(53, 37, 6);
  const DenseSimilarity similarity = reference(data, config);
  const bool target = config.neighbors_of == "target";
  const auto of = [&](idx_t i, idx_t j) { return target ? similarity(j, i) : similarity(i, j); };
  const auto model = fit(data, config);
  for (idx_t i = 0; i < 37; ++i) {
    std::vector<double> expected;
    for (idx_t j = 0; j < 37; ++j) {
      if (j != i && of(i, j) > 1e-6) expected.push_back(of(i, j));
    }
    std::ranges::sort(expected, std::greater());
    if (expected.size() > static_cast<std::size_t>(config.neighbors)) {
      expected.resize(static_cast<std::size_t>(config.neighbors));
    }
    const std::vector<Scored> similar = model->similar(i, 1000);
    ASSERT_GE(similar.size(), expected.size()) << config.similarity << " item " << i;
    for (std::size_t k = 0; k < similar.size(); ++k) {
      const double nth = k < expected.size() ? expected[k] : 0;
      EXPECT_NEAR(similar[k].score, nth, 3e-5 * (1 + nth)) << config.similarity << " item " << i;
      EXPECT_NEAR(similar[k].score, of(i, similar[k].idx), 3e-5 * (1 + nth));
    }
  }
}

TEST(ItemKnn, EverySimilarityMatchesTheDenseReference) {
  for (const std::string_view name : similarity_names()) {
    const std::string similarity(name);
    expect_matches_reference({.similarity = similarity, .shrinkage = 0});
    expect_matches_reference({.similarity = similarity, .neighbors = 5, .shrinkage = 7.5f});
    expect_matches_reference(
        {.similarity = similarity, .shrinkage = 3, .min_overlap = 3, .use_values = true});
    expect_matches_reference({.similarity = similarity,
                              .neighbors = 7,
                              .asymmetric_alpha = 0.2f,
                              .power = 1.7f,
                              .neighbors_of = "target"});
  }
}

TEST(ItemKnn, Bm25UsesItsParameters) {
  expect_matches_reference({.similarity = "bm25", .k1 = 50, .b = 0, .use_values = true});
  expect_matches_reference({.similarity = "bm25", .k1 = 0, .b = 1});
}

/// Scores from the dense similarities, the lists cut off at 5 on the side that the configuration says.
std::vector<double> dense_scores(const Dataset& data, const ItemKnn::Config& config,
                                 const std::vector<idx_t>& history) {
  const DenseSimilarity similarity = reference(data, config);
  const auto n = static_cast<idx_t>(data.n_items());
  const bool target = config.neighbors_of == "target";
  std::vector<double> scores(n, 0.0);
  for (idx_t owner = 0; owner < n; ++owner) {
    std::vector<std::pair<double, idx_t>> list;
    for (idx_t other = 0; other < n; ++other) {
      const double s = target ? similarity(other, owner) : similarity(owner, other);
      if (other != owner && s > 0) list.emplace_back(-s, other);
    }
    std::ranges::sort(list);
    if (list.size() > 5) list.resize(5);
    double sum = 0;
    for (const auto& entry : list) sum -= entry.first;
    for (const auto& [negative, other] : list) {
      const idx_t from = target ? other : owner, to = target ? owner : other;
      if (std::ranges::count(history, from) > 0) scores[to] -= config.normalize ? negative / sum : negative;
    }
  }
  return scores;
}

TEST(ItemKnn, ScoresAndExplanationsMatchTheDenseReference) {
  const Dataset data = random_dataset(53, 37, 6);
  const std::vector<idx_t> history = {3, 0, 11, 29};
  for (const char* lists : {"history", "target"}) {
    for (const bool normalize : {false, true}) {
      const ItemKnn::Config config{.similarity = "tfidf",
                                   .neighbors = 5,
                                   .asymmetric_alpha = 0.3f,
                                   .normalize = normalize,
                                   .neighbors_of = lists};
      const auto model = fit(data, config);
      std::vector<float> out(37);
      ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out));
      const std::vector<double> expected = dense_scores(data, config, history);
      int explained = 0;
      for (idx_t i = 0; i < 37; ++i) {
        EXPECT_NEAR(out[i], expected[i], 1e-5) << lists << " item " << i;
        const auto why = model->explain({std::nullopt, history, {}}, i);
        ASSERT_TRUE(why.has_value());
        float sum = why->base;
        for (const Scored& cause : why->causes) sum += cause.score;
        EXPECT_NEAR(sum, out[i], 1e-5);
        EXPECT_TRUE(std::ranges::is_sorted(why->causes, ranks_before));
        explained += static_cast<int>(why->causes.size());
      }
      EXPECT_GE(explained, 11);
    }
  }
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
  EXPECT_FALSE(model->explain({std::nullopt, alone, {}}, 0).has_value());
  EXPECT_TRUE(model->similar(3, 5).empty());
}

TEST(ItemKnn, IsTheSameWithMoreThreadsThanItems) {
  const Dataset data = random_dataset(211, 13, 4);
  const auto one = ItemKnn::fit({data, data.events}, {.similarity = "tfidf"}, {.threads = 1});
  const auto many = ItemKnn::fit({data, data.events}, {.similarity = "tfidf"}, {.threads = 17});
  for (idx_t i = 0; i < 13; ++i) EXPECT_EQ(one->similar(i, 13), many->similar(i, 13));
}

TEST(ItemKnn, RefusesValuesItCannotWeigh) {
  Dataset data = chain();
  for (Event& event : data.events) event.value = 0;
  EXPECT_THROW(ItemKnn::fit({data, data.events}, {.similarity = "bm25", .use_values = true}, {}), Error);
  for (Event& event : data.events) event.value = 3e38f;
  data.events.insert(data.events.begin(), data.events.front());  // 6e38 is not a float
  EXPECT_THROW(ItemKnn::fit({data, data.events}, {.use_values = true}, {}), Error);
  EXPECT_NO_THROW(ItemKnn::fit({data, data.events}, {}, {}));
}

}  // namespace
}  // namespace akin
