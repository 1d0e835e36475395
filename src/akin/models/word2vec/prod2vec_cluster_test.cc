#include "akin/models/word2vec/prod2vec_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"

namespace akin {
namespace {

using Next = Prod2VecCluster::Next;

TEST(Prod2VecCluster, CountsWhichClustersFollowEachOther) {
  // Items 0, 1 are of cluster 0, 2, 3 of cluster 1, 4 of cluster 2; 5 of none.
  const std::vector<idx_t> cluster = {0, 0, 1, 1, 2, kNoToken};
  std::vector<Event> events;
  for (const idx_t item : {0, 2, 1, 5, 3, 4}) events.push_back({.user = 0, .item = item});  // 0 1 0 - 1 2
  for (const idx_t item : {1, 0, 4}) events.push_back({.user = 1, .item = item});           // 0 0 2
  const auto next = cluster_transitions(events, cluster, 3, 2);
  ASSERT_EQ(next.size(), 3u);
  // 0 is followed by 1 twice, by 0 and 2 once each: of the two equals the lower number.
  EXPECT_EQ(next[0], (std::vector<Next>{{1, 0.5f}, {0, 0.25f}}));
  EXPECT_EQ(next[1], (std::vector<Next>{{0, 0.5f}, {2, 0.5f}}));
  EXPECT_TRUE(next[2].empty()) << "nothing after the last, and users do not follow each other";
}

/// Unit vectors at these angles, in degrees.
Matrix at_angles(const std::vector<double>& degrees) {
  Matrix vectors(degrees.size(), 2);
  for (std::size_t i = 0; i < degrees.size(); ++i) {
    vectors[i][0] = static_cast<float>(std::cos(degrees[i] * 0.0174532925));
    vectors[i][1] = static_cast<float>(std::sin(degrees[i] * 0.0174532925));
  }
  return vectors;
}

/// Items 0 .. 2 of cluster 0 near 0 degrees, 3 .. 6 of cluster 1 near 90, 7 of cluster 2 at 200,
/// 8 without a vector.
Prod2VecCluster by_hand(std::size_t history, float history_decay) {
  Matrix input = at_angles({0, 5, 12, 80, 85, 92, 97, 200, 0});
  std::ranges::fill(input[8], 0.0f);
  Matrix output(9, 2);
  return {{std::move(input), std::move(output), {false, history, history_decay}},
          {{0, 0, 0, 1, 1, 1, 1, 2, kNoToken}, {{{1, 0.6f}, {0, 0.3f}}, {{0, 1.0f}}, {}}}};
}

std::vector<float> scores(const Model& model, const std::vector<idx_t>& history) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all({std::nullopt, history, {}}, out));
  return out;
}

TEST(Prod2VecCluster, SharesPlacesAmongTheClustersThatFollow) {
  const Prod2VecCluster model = by_hand(10, 1);
  const std::vector<float> out = scores(model, {0});
  // Of cluster 1 by cosine with item 0: 3, 4, 5, 6; of its own cluster 1, 2, while item 0 takes no position.
  const float expected[] = {0.3f, 0.3f, 0.15f, 0.6f, 0.3f, 0.2f, 0.15f};
  for (idx_t i = 0; i < 7; ++i) EXPECT_FLOAT_EQ(out[i], expected[i]) << i;
  EXPECT_NEAR(out[7], std::cos(200 * 0.0174532925) - 2, 1e-5) << "of no cluster that follows";
  EXPECT_LT(out[8], -1000) << "without a vector";
  std::vector<float> some(2);
  const std::vector<idx_t> history = {0}, items = {5, 7};
  ASSERT_TRUE(model.score({std::nullopt, history, {}}, items, some));
  EXPECT_EQ(some, (std::vector<float>{out[5], out[7]}));
}

TEST(Prod2VecCluster, OlderItemsRecommendLess) {
  const Prod2VecCluster model = by_hand(2, 0.5f);
  const std::vector<float> out = scores(model, {7, 8, 3, 0}), recent = scores(model, {3, 0});
  EXPECT_EQ(out, recent) << "the last two with a vector";
  // Item 3 of cluster 1 recommends cluster 0 in the order 2, 1, (0); item 3 takes no position from cluster 1.
  const float expected[] = {(0.3f + 0.5f / 3) / 1.5f,
                            (0.3f + 0.5f / 2) / 1.5f,
                            (0.15f + 0.5f) / 1.5f,
                            0.6f / 1.5f,
                            0.6f / 1.5f,
                            0.3f / 1.5f,
                            0.2f / 1.5f};
  for (idx_t i = 0; i < 7; ++i) EXPECT_NEAR(out[i], expected[i], 1e-6f) << i;
  std::vector<float> none(9);
  const std::vector<idx_t> unknown = {8};
  EXPECT_FALSE(model.score_all({std::nullopt, unknown, {}}, none));
}

TEST(Prod2VecCluster, RefusesDamagedClusters) {
  Matrix input = at_angles({0, 90, 180}), output(3, 2);
  const Prod2VecCluster wrong({std::move(input), std::move(output), {false, 3, 1}},
                              {{0, 0, 0}, {{{1, 1.0f}}}});
  const auto path = std::filesystem::path(testing::TempDir()) / "prod2vec_cluster.safetensors";
  TensorWriter writer("model");
  wrong.save(writer);
  writer.write(path.string());
  EXPECT_THROW(Prod2VecCluster::load(TensorReader(path.string()), 1, 3), Error) << "cluster 1 of 1";
  std::filesystem::remove(path);
}

/// Users of theme t buy in turn from its two groups 2t and 2t + 1; item i is of group i % 6.
Dataset alternating_dataset() {
  Dataset data;
  Rng rng(5);
  for (idx_t i = 0; i < 61; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < 307; ++u) {
    data.users.add("u" + std::to_string(u));
    for (idx_t e = 0; e < 12; ++e) {
      const idx_t group = 2 * (u % 3) + (u / 3 + e) % 2;
      data.events.push_back({.user = u,
                             .item = static_cast<idx_t>(rng.below(10)) * 6 + group,
                             .time = static_cast<std::int64_t>(e)});
    }
  }
  return data;
}

TEST(Prod2VecCluster, RecommendsWhatFollowsAndNotWhatIsAlike) {
  const Dataset data = alternating_dataset();
  Prod2VecCluster::Config config;
  config.factors = 16;
  config.window = 1;
  config.epochs = 60;
  config.sample = 0;
  config.clusters = 6;
  config.top_clusters = 1;
  const auto model = Prod2VecCluster::fit({data, data.events}, config, {{.threads = 1}});
  const auto again = Prod2VecCluster::fit({data, data.events}, config, {{.threads = 3}});
  EXPECT_TRUE(model->item_vectors().empty());
  for (idx_t item = 0; item < 60; ++item) {
    const idx_t group = item % 6, follows = group ^ 1;
    EXPECT_EQ(model->similar(item, 1).at(0).idx % 6, group);
    const std::vector<float> out = scores(*model, {item});
    for (const Scored& best : top_k(out, 10)) EXPECT_EQ(best.idx % 6, follows) << "after " << item;
    EXPECT_EQ(out, scores(*again, {item})) << "with three threads";
  }
}

TEST(Prod2VecCluster, HasAboutTheSquareRootOfItsItemsInClusters) {
  const Dataset data = alternating_dataset();
  Prod2VecCluster::Config config;
  config.factors = 5;
  config.epochs = 1;
  const auto model = Prod2VecCluster::fit({data, data.events}, config, {});
  const auto& clusters = dynamic_cast<const Prod2VecCluster&>(*model).clusters();
  EXPECT_EQ(clusters.next.size(), 8u) << "60 items with events";
  EXPECT_EQ(clusters.of_item[60], kNoToken);
}

}  // namespace
}  // namespace akin
