#include "akin/models/word2vec/doc2vec.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr idx_t kUsers = 101, kItems = 67, kTopics = 5;

/// Users who mostly stay with one of five topics.
Dataset topics() {
  Dataset data;
  for (idx_t i = 0; i < kItems; ++i) data.items.add("i" + std::to_string(i));
  Rng rng(7);
  for (idx_t u = 0; u < kUsers; ++u) {
    data.users.add("u" + std::to_string(u));
    for (std::int64_t e = 0; e < 23; ++e) {
      const auto any = static_cast<idx_t>(rng.below(kItems));
      const idx_t own = any - any % kTopics + u % kTopics;
      data.events.push_back({.user = u, .item = e % 6 == 0 || own >= kItems ? any : own, .time = e});
    }
  }
  return data;
}

Doc2Vec::Config config_of(int dm, int words = 0) {
  Doc2Vec::Config config;
  config.factors = 16;
  config.epochs = 60;
  config.sample = 0;
  config.dm = dm;
  config.dbow_words = words;
  config.learning_rate = 0.05f;
  return config;
}

std::vector<idx_t> history_of(const Dataset& data, idx_t user) {
  std::vector<idx_t> history;
  for (const Event& event : data.events) {
    if (event.user == user) history.push_back(event.item);
  }
  return history;
}

std::vector<float> document(const Model& model, const Query& query) {
  std::vector<float> out(model.item_vectors().cols());
  EXPECT_TRUE(model.user_vector(query, out));
  out.pop_back();
  return out;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  return dot(a.data(), b.data(), a.size()) /
         std::sqrt(dot(a.data(), a.data(), a.size()) * dot(b.data(), b.data(), a.size()));
}

TEST(Doc2Vec, UsersOfATopicAreAlikeAndTheirItemsScoreHigh) {
  const Dataset data = topics();
  for (const auto& [dm, words] : {std::pair{1, 0}, std::pair{0, 0}, std::pair{0, 1}}) {
    const auto model = Doc2Vec::fit({data, data.events}, config_of(dm, words), {});
    double own = 0, other = 0;
    int hits = 0;
    for (idx_t u = 0; u < 50; ++u) {
      const auto a = history_of(data, u), b = history_of(data, u + kTopics), c = history_of(data, u + 1);
      own += cosine(document(*model, {u, a, {}}), document(*model, {u + kTopics, b, {}}));
      other += cosine(document(*model, {u, a, {}}), document(*model, {u + 1, c, {}}));
      std::vector<float> scores(kItems);
      ASSERT_TRUE(model->score_all({u, a, {}}, scores));
      for (const Scored& best : top_k(scores, 5)) hits += best.idx % kTopics == u % kTopics;
    }
    EXPECT_GT(own, other + 5) << dm << words;
    EXPECT_GT(hits, 0.7 * 250) << dm << words;
  }
}

TEST(Doc2Vec, UnknownUsersAreInferredNearWhatTrainingGives) {
  const Dataset data = topics();
  for (const int dm : {0, 1}) {
    const auto model = Doc2Vec::fit({data, data.events}, config_of(dm), {});
    double alike = 0;
    for (idx_t u = 0; u < 30; ++u) {
      const auto history = history_of(data, u);
      const auto inferred = document(*model, {std::nullopt, history, {}});
      EXPECT_EQ(inferred, document(*model, {std::nullopt, history, {}}))
          << "the same history, the same vector";
      alike += cosine(document(*model, {u, history, {}}), inferred) / 30;
    }
    EXPECT_GT(alike, 0.8) << dm;
    std::vector<float> out(model->item_vectors().cols());
    EXPECT_FALSE(model->user_vector({}, out));
  }
}

TEST(Doc2Vec, HasTheSameBitsAtAnyThreadCount) {
  const Dataset data = topics();
  for (const int dm : {0, 1}) {
    const auto one = Doc2Vec::fit({data, data.events}, config_of(dm), {{.threads = 1}});
    const auto many = Doc2Vec::fit({data, data.events}, config_of(dm), {{.threads = 3}});
    for (idx_t i = 0; i < kItems; ++i)
      ASSERT_TRUE(std::ranges::equal(one->item_vectors()[i], many->item_vectors()[i]));
  }
}

TEST(Doc2Vec, EmbedsItemsByWhatItTrains) {
  const Dataset data = topics();
  const auto dbow = Doc2Vec::fit({data, data.events}, config_of(0), {});
  int own = 0;
  for (idx_t i = 0; i < 60; ++i) own += dbow->similar(i, 1)[0].idx % kTopics == i % kTopics;
  EXPECT_GT(own, 40);
}

}  // namespace
}  // namespace akin
