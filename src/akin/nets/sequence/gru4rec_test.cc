#include "akin/nets/sequence/gru4rec.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/topk.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

/// User u has the items of lists[u], a second apart, or later where a gap is said.
Dataset data_of(const std::vector<std::vector<idx_t>>& lists, idx_t items) {
  Dataset data;
  for (idx_t i = 0; i < items; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < lists.size(); ++u) {
    data.users.add("u" + std::to_string(u));
    for (std::size_t p = 0; p < lists[u].size(); ++p)
      data.events.push_back({.user = u, .item = lists[u][p], .time = static_cast<std::int64_t>(p) * kSecond});
  }
  return data;
}

/// Item 2 is between, and what follows it depends on what was before it: 0 2 3 or 1 2 4. Item 5 has no event.
Dataset forks() {
  std::vector<std::vector<idx_t>> lists;
  for (idx_t u = 0; u < 40; ++u)
    lists.push_back(u % 2 == 0 ? std::vector<idx_t>{0, 2, 3} : std::vector<idx_t>{1, 2, 4});
  return data_of(lists, 6);
}

Gru4Rec::Config small() {
  Gru4Rec::Config config;
  config.factors = 19;
  config.epochs = 80;
  config.batch_size = 4;
  config.negatives = 8;
  config.dropout = config.embedding_dropout = 0;
  return config;
}

const FitContext kOneThread = {{.threads = 1}};

std::vector<float> scores(const Model& model, const Query& query) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all(query, out));
  return out;
}

idx_t best(const Model& model, const std::vector<idx_t>& history) {
  return top_k(scores(model, {.history = history}), 1).at(0).idx;
}

TEST(Gru4Rec, WhatFollowsDependsOnTheWholeSession) {
  const Dataset data = forks();
  for (const char* loss : {"cross-entropy", "bpr-max", "top1-max"}) {
    for (const char* embedding : {"shared", "separate", "one-hot"}) {
      Gru4Rec::Config config = small();
      config.loss = loss;
      config.embedding = embedding;
      config.learning_rate = 0.05f;  // with steps of twice the length, one seed in ten stays in between
      const auto model = Gru4Rec::fit({data, data.events}, config, kOneThread);
      EXPECT_EQ(best(*model, {0, 2}), 3u) << loss << ", " << embedding;
      EXPECT_EQ(best(*model, {1, 2}), 4u) << loss << ", " << embedding;
    }
  }
}

TEST(Gru4Rec, AGapBeginsASession) {
  const Dataset data = forks();
  Gru4Rec::Config config = small();
  config.session_gap = 60;
  const auto model = Gru4Rec::fit({data, data.events}, config, kOneThread);
  const std::vector<idx_t> history = {1, 4, 0, 2}, last = {0, 2};
  const std::vector<std::int64_t> apart = {0, kSecond, 100 * kSecond, 101 * kSecond};
  EXPECT_EQ(scores(*model, {.history = history, .times = apart}), scores(*model, {.history = last}));
  EXPECT_NE(scores(*model, {.history = history}), scores(*model, {.history = last}));
}

TEST(Gru4Rec, ItemsWithoutEventsArePassedOverAndLast) {
  const Dataset data = forks();
  const auto model = Gru4Rec::fit({data, data.events}, small(), kOneThread);
  const std::vector<idx_t> with = {0, 5, 2}, without = {0, 2}, alone = {5};
  EXPECT_EQ(scores(*model, {.history = with}), scores(*model, {.history = without}));
  EXPECT_EQ(top_k(scores(*model, {.history = without}), 6).back().idx, 5u);
  std::vector<float> out(6);
  EXPECT_FALSE(model->score_all({.history = alone}, out));
}

TEST(Gru4Rec, GoesOnWithTheStepsOfBefore) {
  const Dataset data = forks();
  Gru4Rec::Config config = small();
  config.layers = 2;
  const auto model = Gru4Rec::fit({data, data.events}, config, kOneThread);
  const auto& old = dynamic_cast<const Gru4Rec&>(*model);
  const FitStart start{.model = model.get()};
  config.epochs = 0;
  const auto same = Gru4Rec::fit({data, data.events}, config, {{.threads = 1}, nullptr, &start});
  EXPECT_EQ(dynamic_cast<const Gru4Rec&>(*same).squares(), old.squares());
  config.epochs = 1;
  const auto more = Gru4Rec::fit({data, data.events}, config, {{.threads = 1}, nullptr, &start});
  EXPECT_GT(dynamic_cast<const Gru4Rec&>(*more).squares()[0], old.squares()[0]);
  for (idx_t i = 0; i < 5; ++i) {
    for (std::size_t k = 0; k < 19; ++k)
      EXPECT_NEAR(more->item_vectors()[i][k], model->item_vectors()[i][k], 0.1)
          << "as Adagrad had slowed down";
  }
  config.layers = 1;
  EXPECT_THROW(Gru4Rec::fit({data, data.events}, config, {{.threads = 1}, nullptr, &start}), Error);
}

TEST(Gru4Rec, RefusesDataWithoutSessionsOfTwo) {
  const Dataset data = data_of({{0}, {1}}, 3);
  EXPECT_THROW(Gru4Rec::fit({data, data.events}, small(), kOneThread), Error);
}

TEST(Gru4Rec, EveryEmbeddingIsReadBack) {
  const Dataset data = forks();
  const auto path = (std::filesystem::path(testing::TempDir()) / "gru4rec.safetensors").string();
  for (const char* embedding : {"shared", "separate", "one-hot"}) {
    Gru4Rec::Config config = small();
    config.embedding = embedding;
    config.layers = 2;
    config.epochs = 2;
    const auto model = Gru4Rec::fit({data, data.events}, config, kOneThread);
    TensorWriter writer("model");
    model->save(writer);
    writer.write(path);
    const auto loaded = Gru4Rec::load(TensorReader(path), 40, 6);
    const std::vector<idx_t> history = {0, 2, 4};
    EXPECT_EQ(scores(*loaded, {.history = history}), scores(*model, {.history = history})) << embedding;
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace akin
