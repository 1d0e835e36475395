#include "akin/models/neighbors/user_knn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/neighbors/dense_similarity.h"

namespace akin {
namespace {

constexpr idx_t kUsers = 43, kItems = 31;

struct Asked {
  std::vector<idx_t> items;
  std::vector<float> values;
};

Asked history_of(const Dataset& data, idx_t user) {
  Asked asked;
  for (const Event& event : data.events) {
    if (event.user != user) continue;
    asked.items.push_back(event.item);
    asked.values.push_back(event.value);
  }
  return asked;
}

/// score(i) and, in the same loops, what each item of the history adds to it.
struct Reference {
  Reference(const Dataset& data, const UserKnn::Config& config, idx_t user)
      : r(test::dense_users(data, config.use_values)), scores(kItems, 0.0) {
    const test::DenseSimilarity similarity(r, config.spec());
    std::vector<std::pair<double, idx_t>> nearest;
    for (idx_t v = 0; v < kUsers; ++v) {
      if (v != user && similarity(user, v) > 0) nearest.emplace_back(-similarity(user, v), v);
    }
    std::ranges::sort(nearest);
    nearest.resize(std::min(nearest.size(), static_cast<std::size_t>(config.neighbors)));
    for (const auto& [negative, v] : nearest) {
      for (idx_t i = 0; i < kItems; ++i) scores[i] -= negative * r[v][i];
    }
  }
  test::Dense r;
  std::vector<double> scores;
};

void expect_matches_reference(const UserKnn::Config& config) {
  Dataset data = test::random_dataset(kUsers, kItems, 5);
  Rng rng(2);
  for (Event& event : data.events) event.value += rng.uniform_float();  // so that rounding breaks no ties
  const auto model = UserKnn::fit({data, data.events}, config, {});
  int asked_users = 0;
  for (idx_t user = 0; user < kUsers; ++user) {
    const Asked asked = history_of(data, user);
    if (asked.items.size() < 7) continue;  // others may have no neighbor
    ++asked_users;
    const Reference reference(data, config, user);
    const Query query{user, asked.items, asked.values};
    std::vector<float> out(kItems);
    ASSERT_TRUE(model->score_all(query, out));
    int causes = 0;
    for (idx_t i = 0; i < kItems; ++i) {
      const double tolerance = 3e-5 * (1 + reference.scores[i]);
      EXPECT_NEAR(out[i], reference.scores[i], tolerance) << config.similarity << " item " << i;
      const auto why = model->explain(query, i);
      ASSERT_TRUE(why.has_value());
      double sum = why->base;
      for (const Scored& cause : why->causes) {
        sum += cause.score;
        EXPECT_GT(std::ranges::count(asked.items, cause.idx), 0);
      }
      causes += static_cast<int>(why->causes.size());
      EXPECT_NEAR(sum, out[i], tolerance) << config.similarity << " item " << i;
      EXPECT_TRUE(std::ranges::is_sorted(why->causes, ranks_before));
    }
    EXPECT_GT(causes, 0);
  }
  EXPECT_GT(asked_users, 5);
}

TEST(UserKnn, EverySimilarityMatchesTheDenseReference) {
  for (const std::string_view name : similarity_names()) {
    const std::string similarity(name);
    expect_matches_reference({.similarity = similarity, .neighbors = 1000, .shrinkage = 0});
    expect_matches_reference(
        {.similarity = similarity, .neighbors = 5, .shrinkage = 2.5f, .power = 1.3f, .use_values = true});
    expect_matches_reference({.similarity = similarity,
                              .neighbors = 7,
                              .min_overlap = 2,
                              .asymmetric_alpha = 0.3f,
                              .use_values = true});
  }
}

/// 0 and 1 share a and b, 1 and 2 share c.
Dataset chain() {
  Dataset data;
  for (const char* item : {"a", "b", "c", "d"}) data.items.add(item);
  for (const char* user : {"0", "1", "2", "3"}) data.users.add(user);
  data.events = {{.user = 0, .item = 0}, {.user = 0, .item = 1}, {.user = 1, .item = 0},
                 {.user = 1, .item = 1}, {.user = 1, .item = 2}, {.user = 2, .item = 2},
                 {.user = 2, .item = 3}};
  return data;
}

TEST(UserKnn, SplitsASumByItsProductsAndOthersEvenly) {
  const Dataset data = chain();
  const std::vector<idx_t> history = {0, 1, 2};
  const std::vector<float> values = {1, 3, 2};
  // User 1 has all three items of the history, each once; nobody else who has item 1 has c but user 1.
  const UserKnn::Config config{.similarity = "cosine", .neighbors = 1, .shrinkage = 0, .use_values = true};
  const auto product = UserKnn::fit({data, data.events}, config, {});
  auto why = product->explain({std::nullopt, history, values}, 1);
  ASSERT_TRUE(why.has_value());
  ASSERT_EQ(why->causes.size(), 3u);
  EXPECT_EQ(why->causes[0].idx, 1u);
  EXPECT_NEAR(why->causes[0].score / why->causes[1].score, 3.0 / 2, 1e-5);
  EXPECT_NEAR(why->causes[0].score / why->causes[2].score, 3.0, 1e-5);
  const auto even =
      UserKnn::fit({data, data.events}, {.similarity = "jaccard", .neighbors = 1, .shrinkage = 0}, {});
  why = even->explain({std::nullopt, history, values}, 1);
  ASSERT_EQ(why->causes.size(), 3u);
  EXPECT_FLOAT_EQ(why->causes[0].score, 1.0f / 3);
  EXPECT_FLOAT_EQ(why->causes[2].score, 1.0f / 3);
}

TEST(UserKnn, IsNoNeighbourOfThemselves) {
  const Dataset data = chain();
  const auto model = UserKnn::fit({data, data.events}, {.neighbors = 1, .shrinkage = 0}, {});
  std::vector<float> out(4);
  const std::vector<idx_t> history = {2, 3};
  ASSERT_TRUE(model->score_all({2, history, {}}, out)) << "user 1 is the nearest";
  EXPECT_GT(out[0], 0);
  EXPECT_EQ(out[3], 0);
  ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out)) << "of a visitor, user 2";
  EXPECT_EQ(out[0], 0);
  EXPECT_FLOAT_EQ(out[3], 1);
}

TEST(UserKnn, KnowsNothingOfWhatNobodyTook) {
  Dataset data = chain();
  data.items.add("new");
  const auto model = UserKnn::fit({data, data.events}, {}, {});
  std::vector<float> out(5);
  const std::vector<idx_t> history = {4};
  EXPECT_FALSE(model->score_all({std::nullopt, history, {}}, out));
  EXPECT_FALSE(model->explain({std::nullopt, history, {}}, 0).has_value());
}

TEST(UserKnn, RefusesValuesItCannotWeigh) {
  Dataset data = chain();
  for (Event& event : data.events) event.value = 0;
  EXPECT_THROW(UserKnn::fit({data, data.events}, {.similarity = "bm25", .use_values = true}, {}), Error);
}

}  // namespace
}  // namespace akin
