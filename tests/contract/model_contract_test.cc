// What every model of the registry must do, whatever it is.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <stop_token>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/data/select_users.h"
#include "akin/models/fit/context.h"
#include "planted_data.h"

namespace akin::contract {
namespace {

constexpr idx_t kBoard = 31;
constexpr idx_t kUsers = 401;
constexpr idx_t kItems = 307;

class ModelContract : public testing::TestWithParam<ModelEntry> {
 protected:
  static std::unique_ptr<Model> fit(const Planted& planted, std::uint64_t seed = 42, int threads = 1) {
    FitContext context;
    context.seed = seed;
    context.threads = threads;
    context.words = &planted_words();
    return GetParam().fit(planted.training(), small_parameters(GetParam()), context);
  }
  static bool personalized() { return GetParam().traits.personalized; }

  static std::vector<float> scores(const Model& model, const Query& query) {
    std::vector<float> out(model.n_items(), -7.0f);
    EXPECT_TRUE(model.score_all(query, out));
    return out;
  }
  /// Scores of a few users, known and folded in, one after the other.
  static std::vector<float> fingerprint(const Model& model, const Planted& planted) {
    std::vector<float> all;
    for (const idx_t user : {0u, 1u, 17u, 29u}) {
      const auto history = planted.history(user);
      for (const Query& query : {history.known(user), history.unknown()}) {
        const std::vector<float> out = scores(model, query);
        all.insert(all.end(), out.begin(), out.end());
      }
    }
    return all;
  }
  static bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
  }
  /// The best k items that are not in the history.
  static std::vector<Scored> recommend(const Model& model, const Query& query, std::size_t k) {
    std::vector<float> out = scores(model, query);
    for (const idx_t item : query.history) out[item] = -std::numeric_limits<float>::infinity();
    return top_k(out, k);
  }
  static void expect_error(ErrorCode code, const Planted& planted, FitContext context) {
    context.words = &planted_words();
    try {
      GetParam().fit(planted.training(), small_parameters(GetParam()), context);
      FAIL() << "fitted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
  }
};

void saved(const Model& model, const std::string& path) {
  TensorWriter writer("model");
  model.save(writer);
  writer.write(path);
}

TEST_P(ModelContract, FindsTheWithheldItemOfTheCheckerboard) {
  if (!personalized()) GTEST_SKIP() << "not personalized";
  const Planted board = checkerboard(kBoard, GetParam());
  const auto model = fit(board);
  for (idx_t user = 0; user < kBoard; ++user) {
    const auto history = board.history(user);
    EXPECT_EQ(recommend(*model, history.known(user), 1).at(0).idx, board.held[user]) << "user " << user;
    EXPECT_EQ(recommend(*model, history.unknown(), 1).at(0).idx, board.held[user])
        << "folded in as user " << user;
  }
}

TEST_P(ModelContract, SameSeedGivesTheSameBits) {
  const Planted planted = clusters(kUsers, kItems, 9);
  const std::vector<float> first = fingerprint(*fit(planted, 1), planted);
  EXPECT_TRUE(same_bits(first, fingerprint(*fit(planted, 1), planted)));
  if (GetParam().traits.deterministic) {
    EXPECT_TRUE(same_bits(first, fingerprint(*fit(planted, 1, 3), planted))) << "with three threads";
  }
  EXPECT_EQ(!is_random(GetParam()), same_bits(first, fingerprint(*fit(planted, 2), planted)))
      << "another seed";
}

TEST_P(ModelContract, SaveAndLoadKeepEveryScore) {
  const Planted planted = clusters(kUsers, kItems, 9);
  const auto model = fit(planted);
  const auto path =
      std::filesystem::path(testing::TempDir()) / ("contract_" + test_name(GetParam()) + ".safetensors");
  saved(*model, path.string());
  const TensorReader reader(path.string());
  const auto loaded = GetParam().load(reader, kUsers, kItems);
  EXPECT_TRUE(same_bits(fingerprint(*model, planted), fingerprint(*loaded, planted)));
  EXPECT_EQ(model->embedding_dim(), loaded->embedding_dim());
  for (const idx_t item : {0u, 5u, kItems - 2}) EXPECT_EQ(model->similar(item, 7), loaded->similar(item, 7));
  EXPECT_THROW(GetParam().load(reader, kUsers, kItems + 1), Error) << "of another number of items";
  std::filesystem::remove(path);
}

TEST_P(ModelContract, ForgetsUsersAndServesTheOthersAsBefore) {
  Planted planted = clusters(kUsers, kItems, 9);
  const auto model = fit(planted);
  std::vector<idx_t> kept;
  for (idx_t user = 0; user < kUsers; ++user) {
    if (user != 0 && user % 11 != 3) kept.push_back(user);
  }
  const auto selected = model->select_users(kept);
  const auto folder = std::filesystem::path(testing::TempDir());
  const std::string before = (folder / ("before_" + test_name(GetParam()))).string();
  const std::string after = (folder / ("after_" + test_name(GetParam()))).string();
  saved(*model, before);
  saved(selected ? *selected : *model, after);
  const TensorReader old_file(before), new_file(after);
  const auto loaded = GetParam().load(new_file, kept.size(), kItems);

  for (const std::string& name : old_file.names()) {
    if (old_file.shape(name).size() != 2 || old_file.shape(name)[0] != kUsers) continue;
    ASSERT_EQ(new_file.shape(name)[0], kept.size()) << name;
    const std::size_t width = old_file.shape(name)[1];
    const auto old_rows = old_file.tensor<float>(name), new_rows = new_file.tensor<float>(name);
    for (std::size_t u = 0; u < kept.size(); ++u) {
      EXPECT_TRUE(
          std::ranges::equal(new_rows.subspan(u * width, width), old_rows.subspan(kept[u] * width, width)))
          << name << " of user " << kept[u];
    }
  }
  // Users who lose neighbours get what they would get had these never been there.
  std::unique_ptr<Model> refitted;
  if (GetParam().name.starts_with("user-knn") || GetParam().name == "session-knn") {
    Planted rest = planted;
    select_users(rest.data, kept);
    refitted = fit(rest);
  }
  for (const idx_t user : {1u, 17u, 29u, 398u}) {
    const auto history = planted.history(user);
    const auto now = static_cast<idx_t>(std::ranges::lower_bound(kept, user) - kept.begin());
    const std::vector<float> expected =
        refitted ? scores(*refitted, history.known(now)) : scores(*model, history.known(user));
    EXPECT_TRUE(same_bits(expected, scores(*loaded, history.known(now)))) << "user " << user;
    if (selected) {
      EXPECT_TRUE(same_bits(expected, scores(*selected, history.known(now)))) << "user " << user;
    }
  }
  const std::vector<idx_t> one = {1}, without_events = {kUsers - 1};
  const auto alone = model->select_users(one);
  saved(alone ? *alone : *model, after);
  EXPECT_NO_THROW(GetParam().load(TensorReader(after), 1, kItems));
  try {
    model->select_users(without_events);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData) << error.what();
  }
  std::filesystem::remove(before);
  std::filesystem::remove(after);
}

TEST_P(ModelContract, KnowsNothingWithoutAHistory) {
  const Planted planted = clusters(kUsers, kItems, 9);
  const auto model = fit(planted);
  std::vector<float> all(kItems), some(2);
  const std::vector<idx_t> items = {3, 0};
  EXPECT_EQ(model->score_all({}, all), !personalized());
  EXPECT_EQ(model->score({}, items, some), !personalized());
  const Query without_events = {kUsers - 1, {}, {}};
  EXPECT_EQ(model->score_all(without_events, all), !personalized())
      << "a user of the data set without events";
  const std::vector<idx_t> untrained = {kItems - 1};
  if (model->score_all({std::nullopt, untrained, {}}, all)) {
    for (const float score : all) EXPECT_TRUE(std::isfinite(score)) << "after an item without events";
  }
}

TEST_P(ModelContract, TakesAnyHistory) {
  const Planted planted = clusters(kUsers, kItems, 9);
  const auto model = fit(planted);
  std::vector<idx_t> every_item(kItems);
  for (idx_t i = 0; i < kItems; ++i) every_item[i] = i;
  const std::vector<std::vector<idx_t>> histories = {
      {4}, {4, 4, 4, 4}, {kItems - 1, 4}, {4, kItems - 1, kItems - 1, 8}, every_item};
  for (const auto& history : histories) {
    const std::vector<float> values(history.size(), 4.0f);
    for (const std::span<const float> v : {std::span<const float>(), std::span<const float>(values)}) {
      const std::vector<float> out = scores(*model, {std::nullopt, history, v});
      for (idx_t i = 0; i + 1 < kItems; ++i) ASSERT_TRUE(std::isfinite(out[i])) << "item " << i;
    }
  }
}

TEST_P(ModelContract, ScoreAgreesWithScoreAll) {
  const Planted planted = clusters(kUsers, kItems, 9);
  const auto model = fit(planted);
  ASSERT_EQ(model->n_items(), kItems);
  Rng rng(11);
  for (const idx_t user : {0u, 6u, 100u}) {
    const auto history = planted.history(user);
    const std::vector<float> all = scores(*model, history.known(user));
    std::vector<idx_t> items(53);
    for (idx_t& item : items) item = static_cast<idx_t>(rng.below(kItems));
    std::vector<float> some(items.size());
    ASSERT_TRUE(model->score(history.known(user), items, some));
    for (std::size_t k = 0; k < items.size(); ++k) {
      EXPECT_NEAR(some[k], all[items[k]], 1e-5f + 1e-5f * std::abs(all[items[k]])) << "item " << items[k];
    }
  }
}

TEST_P(ModelContract, EveryItemIsHighForSomebody) {
  if (!personalized() || GetParam().traits.predicts_ratings)
    GTEST_SKIP() << "unpopular or disliked items may not";
  const Planted planted = clusters(kUsers, kItems, 9);
  const auto model = fit(planted);
  std::vector<std::size_t> best_rank(kItems, kItems);
  std::vector<int> events(kItems, 0);
  for (idx_t user = 0; user + 1 < kUsers; ++user) {
    const auto history = planted.history(user);
    const std::vector<float> all = scores(*model, history.known(user));
    for (const idx_t item : history.items) {
      const auto above =
          static_cast<std::size_t>(std::ranges::count_if(all, [&](float s) { return s > all[item]; }));
      best_rank[item] = std::min(best_rank[item], above);
      ++events[item];
    }
  }
  for (idx_t item = 0; item < kItems; ++item) {
    if (events[item] < 3) continue;
    EXPECT_LT(best_rank[item], kItems / 5) << "item " << item << " of " << events[item] << " events";
  }
}

TEST_P(ModelContract, SimilarItemsAreSortedAndShareTheirUsers) {
  const Planted board = checkerboard(kBoard, GetParam());
  const auto model = fit(board);
  if (!model->has_similar()) {
    EXPECT_EQ(model->embedding_dim(), 0u);
    return;
  }
  for (idx_t item = 0; item < kBoard; ++item) {
    const std::vector<Scored> similar = model->similar(item, 10);
    ASSERT_EQ(similar.size(), 10u);
    EXPECT_TRUE(std::ranges::is_sorted(similar, ranks_before));
    for (const Scored& other : similar) {
      EXPECT_NE(other.idx, item);
      EXPECT_EQ(other.idx % 2, item % 2) << "of item " << item;
      EXPECT_TRUE(std::isfinite(other.score));
    }
    EXPECT_LT(model->similar(item, 1000).size(), kBoard);
    EXPECT_TRUE(model->similar(item, 0).empty());
  }
}

TEST_P(ModelContract, ItemsWithoutEventsAreSimilarToNothing) {
  if (GetParam().traits.uses_content) GTEST_SKIP() << "it has content";
  const auto model = fit(clusters(kUsers, kItems, 9));  // the last item has no events
  if (!model->has_similar()) GTEST_SKIP() << "no similar items";
  EXPECT_TRUE(model->similar(kItems - 1, 5).empty());
  for (const Scored& other : model->similar(0, kItems)) EXPECT_NE(other.idx, kItems - 1);
}

TEST_P(ModelContract, StopsOnRequest) {
  std::stop_source stop;
  stop.request_stop();
  FitContext context;
  context.stop = stop.get_token();
  expect_error(ErrorCode::kCancelled, clusters(kUsers, kItems, 9), context);
}

TEST_P(ModelContract, RefusesAnEmptyTrainingSet) {
  Planted planted = clusters(11, 13, 2);
  planted.data.events.clear();
  expect_error(ErrorCode::kBadData, planted, {});
  expect_error(ErrorCode::kBadData, Planted(), {});
}

/// Fits data that may be too small for the model: either a clear Error(kBadData), or finite scores.
void expect_error_or_finite_scores(const ModelEntry& entry, const Planted& planted) {
  try {
    const auto model = entry.fit(planted.training(), small_parameters(entry),
                                 {{.threads = 3}, nullptr, nullptr, &planted_words()});
    std::vector<float> out(planted.data.n_items());
    const auto history = planted.history(0);
    model->score_all(history.known(0), out);
    for (const float score : out) EXPECT_TRUE(std::isfinite(score));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData) << error.what();
  }
}

TEST_P(ModelContract, TrainsOnOneUserOrOneItem) {
  Planted planted;
  planted.data.users.add("only user");
  planted.data.items.add("only item");
  planted.data.events.push_back({.user = 0, .item = 0, .value = 4});
  expect_error_or_finite_scores(GetParam(), planted);
  for (idx_t i = 1; i < 5; ++i) {
    planted.data.items.add("item " + std::to_string(i));
    planted.data.events.push_back({.user = 0, .item = i, .value = static_cast<float>(i)});
  }
  expect_error_or_finite_scores(GetParam(), planted);

  Planted one_item;
  one_item.data.items.add("only item");
  for (idx_t u = 0; u < 5; ++u) {
    one_item.data.users.add("user " + std::to_string(u));
    one_item.data.events.push_back({.user = u, .item = 0, .value = static_cast<float>(u + 1)});
  }
  expect_error_or_finite_scores(GetParam(), one_item);
}

TEST_P(ModelContract, ReachesItsQualityFloor) {
  const Planted planted = clusters(701, kItems, 12);
  const auto model = fit(planted);
  const double rate = hit_rate(*model, planted);
  RecordProperty("hit_rate_at_10", std::to_string(rate));
  EXPECT_GE(rate, quality_floor(GetParam())) << "HR@10 of the last event";
}

INSTANTIATE_TEST_SUITE_P(Models, ModelContract, testing::ValuesIn(tested_models()),
                         [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace akin::contract
