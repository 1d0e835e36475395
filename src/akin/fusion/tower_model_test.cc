#include "akin/fusion/tower_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "akin/base/error_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/data/builder.h"
#include "akin/fusion/scores_for_test.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

constexpr int kTowerKinds = 3, kTowerThings = 21;  // thing i is of kind i % 3

/// Users of group g have things of kind g and are "g0", "g1" or "g2". "cold1" is described as things of kind 1 are, and
/// nobody has it; "bare0" is had by users of group 0 and nothing is known of it; of "blank" nothing is known at all.
Dataset tower_shop(int more_users = 0) {
  DatasetBuilder builder;
  const auto id = [](int thing) { return "i" + std::to_string(thing); };
  for (int i = 0; i < kTowerThings; ++i)
    builder.set_item_attribute(id(i), "title", fmt::format("kind{} thing{}", i % kTowerKinds, i));
  builder.set_item_attribute("cold1", "title", "kind1");
  builder.set_item_attribute("blank", "brand", "Acme");
  for (int u = 0; u < 60 + more_users; ++u) {
    const std::string user = "u" + std::to_string(u);
    builder.set_user_attribute(user, "gender", "g" + std::to_string(u % kTowerKinds));
    for (int e = 0; e < 5; ++e)
      builder.add_event(user, id((u % kTowerKinds + kTowerKinds * (u + e)) % kTowerThings), 1, 60 * e);
    if (u % kTowerKinds == 0) builder.add_event(user, "bare0", 1, 1000);
  }
  ImportReport report;
  return builder.build("shop", {}, report, {});
}

TwoTower::Config small_towers() {
  TwoTower::Config config;
  config.factors = 8;
  config.epochs = 12;
  config.batch_size = 32;
  config.dropout = 0.2F;
  config.negatives = 16;
  config.learning_rate = 0.01F;
  return config;
}

std::unique_ptr<Model> fit_towers(const Dataset& data, const TwoTower::Config& config,
                                  const FitContext& context = {}) {
  return TwoTower::fit({data, data.events}, config, context);
}

TEST(TwoTower, PlacesItemsByContentByTheirUsersOrNotAtAll) {
  const Dataset data = tower_shop();
  const auto item = [&](const std::string& name) { return data.items.at(name, "item"); };
  const auto model = fit_towers(data, small_towers());
  for (int kind = 0; kind < kTowerKinds; ++kind) {
    const std::vector<idx_t> history = {item(fmt::format("i{}", kind)),
                                        item(fmt::format("i{}", kind + kTowerKinds))};
    const std::vector<float> scores = scores_of(*model, {.history = history});
    const auto above = [&](const std::string& name,
                           int of) {  // a thing of another kind, or else of that of the history
      return scores[item(name)] >
             scores[item(fmt::format("i{}", of == kind ? (kind + 1) % kTowerKinds + 6 : kind + 6))];
    };
    EXPECT_EQ(above("cold1", 1), kind == 1) << "after things of kind " << kind;
    EXPECT_EQ(above("bare0", 0), kind == 0) << "after things of kind " << kind;
    EXPECT_LT(scores[item("blank")], -900);
    const auto why = model->explain({.history = history}, item("cold1"));
    ASSERT_TRUE(why);
    EXPECT_NEAR(why->base + why->causes.at(0).score + why->causes.at(1).score, scores[item("cold1")], 1e-3);
  }
  EXPECT_FALSE(model->explain({.history = std::vector<idx_t>{0}}, item("blank")));
  const std::vector<std::string> title = {"title"};
  const auto lists = model->similar_to(text_content("kind1", title), 3);
  EXPECT_EQ(lists.at(0).at(0).idx, item("cold1"));
  EXPECT_NEAR(lists[0][0].score, 1, 1e-5);
  EXPECT_TRUE(model->similar_to(text_content("unheard", title), 3).at(0).empty());
}

TEST(TwoTower, KnowsUsersByTheirAttributes) {
  const Dataset data = tower_shop();
  const idx_t user = data.users.at("u2", "user");
  const auto model = fit_towers(data, small_towers());
  const std::vector<Scored> best = top_k(scores_of(*model, {.user = user}), 3);
  for (const Scored& scored : best)
    EXPECT_EQ(std::stoi(std::string(data.items.id(scored.idx).substr(1))) % kTowerKinds, 2);
  const std::vector<idx_t> kept = {1, user};
  const auto selected = model->select_users(kept);
  ASSERT_TRUE(selected);
  EXPECT_EQ(scores_of(*selected, {.user = 1}), scores_of(*model, {.user = user}));
  std::vector<float> scores(model->n_items());
  EXPECT_FALSE(selected->score_all({.user = 2}, scores)) << "gone";
  TwoTower::Config config = small_towers();
  config.user_fields = "none";
  EXPECT_FALSE(fit_towers(data, config)->score_all({.user = user}, scores));
  config.user_fields = "gendre";
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { fit_towers(data, config); }), "did you mean gender"));

  const std::string path = (std::filesystem::path(testing::TempDir()) / "towers.safetensors").string();
  TensorWriter writer("model");
  model->save(writer);
  writer.write(path);
  const TensorReader reader(path);
  const auto loaded = TwoTower::load(reader, data.n_users(), data.n_event_items());
  EXPECT_EQ(scores_of(*loaded, {.user = user}), scores_of(*model, {.user = user}));
  EXPECT_THROW(TwoTower::load(reader, data.n_users() + 1, data.n_event_items()), Error);
  std::filesystem::remove(path);
}

TEST(TwoTower, LearnsHowMuchAnItemCountsByItsPlaceUnlessToldNotTo) {
  const Dataset data = tower_shop();
  TwoTower::Config config = small_towers();
  config.epochs = 2;
  for (const bool learn : {false, true}) {
    config.learn_ages = learn;
    const auto model = fit_towers(data, config);
    const std::vector<idx_t> history = {0, 1, 5}, reversed = {5, 1, 0};
    const std::vector<float> scores = scores_of(*model, {.history = history}),
                             others = scores_of(*model, {.history = reversed});
    float largest = 0;
    for (std::size_t i = 0; i < scores.size(); ++i)
      largest = std::max(largest, std::abs(scores[i] - others[i]));
    EXPECT_EQ(largest > 1e-3, learn) << largest;
  }
}

TEST(TwoTower, GoesOnFromWhatItHasLearned) {
  const Dataset data = tower_shop(), more = tower_shop(9);
  TwoTower::Config config = small_towers();
  const auto old = fit_towers(data, config);
  const FitStart start{.model = old.get()};
  FitContext context;
  context.start = &start;
  config.epochs = 0;
  const std::vector<idx_t> history = {1, 4};
  EXPECT_EQ(scores_of(*old, {.history = history}),
            scores_of(*fit_towers(more, config, context), {.history = history}));
  config.epochs = 1;
  EXPECT_NE(scores_of(*old, {.history = history}),
            scores_of(*fit_towers(more, config, context), {.history = history}));
  config.layers = 2;
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { fit_towers(more, config, context); }),
                       "keep factors, layers"));
}

TEST(ContentSimilarity, PlacesColdAndWarmItemsByContentAlone) {
  const Dataset data = tower_shop();
  const auto item = [&](const std::string& name) { return data.items.at(name, "item"); };
  ContentSimilarity::Config config;
  static_cast<TowerConfig&>(config) = small_towers();
  for (const char* const loss : {"softmax", "entmax"}) {
    config.loss = loss;
    FitContext context;
    std::string remark;
    context.on_remark = [&](std::string_view text) { remark += text; };
    const auto model = ContentSimilarity::fit({data, data.events}, config, context);
    EXPECT_TRUE(contains(remark, "1 items with events have no content")) << remark;
    const std::vector<idx_t> history = {item("i1"), item("i4")};
    const std::vector<float> scores = scores_of(*model, {.history = history});
    EXPECT_GT(scores[item("cold1")], scores[item("i2")]) << loss;
    EXPECT_LT(scores[item("bare0")], -900) << "no vectors but those of content";
    EXPECT_EQ(std::stoi(std::string(data.items.id(model->similar(item("cold1"), 1).at(0).idx).substr(1))) %
                  kTowerKinds,
              1);
  }
  config.content = "tfidf; sasrec";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage,
                                  [&] {
                                    ContentSimilarity::fit({data, data.events}, config, {});
                                  }),
                       "no encoder 'sasrec'"));
}

}  // namespace
}  // namespace akin
