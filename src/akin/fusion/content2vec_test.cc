#include "akin/fusion/content2vec.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "akin/base/error_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/data/builder.h"
#include "akin/fusion/scores_for_test.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

constexpr int kPairKinds = 3, kPairThings = 21;  // thing i is of kind i % 3

/// Users of group g have things of kind g. "cold1" has the title of kind 1 and no brand, "bare0" is had by users of group 0 and has no
/// content, of "blank" nothing is known. Links join things of kind 0 with those of kind 1.
Dataset pair_shop() {
  DatasetBuilder builder;
  const auto id = [](int thing) { return "i" + std::to_string(thing); };
  for (int i = 0; i < kPairThings; ++i) {
    builder.set_item_attribute(id(i), "title", fmt::format("kind{} thing{}", i % kPairKinds, i));
    builder.set_item_attribute(id(i), "brand", fmt::format("brand{}", i % 5));
  }
  builder.set_item_attribute("cold1", "title", "kind1");
  builder.set_item_attribute("blank", "size", "5");
  for (int u = 0; u < 60; ++u) {
    const std::string user = "u" + std::to_string(u);
    for (int e = 0; e < 5; ++e)
      builder.add_event(user, id((u % kPairKinds + kPairKinds * (u + e)) % kPairThings), 1, 60 * e);
    if (u % kPairKinds == 0) builder.add_event(user, "bare0", 1, 1000);
  }
  for (int i = 0; i + 1 < kPairThings; i += kPairKinds) {
    for (int j = 1; j < kPairThings; j += 2 * kPairKinds) builder.add_link("also_bought", id(i), id(j));
  }
  builder.add_link("also_bought", "i0", "cold1");
  ImportReport report;
  return builder.build("shop", {}, report, {});
}

Content2Vec::Config small_content2vec(const std::string& unit) {
  Content2Vec::Config config;
  config.content = "tfidf fields=title; attributes fields=brand";
  config.factors = 8;
  config.epochs = 10;
  config.batch_size = 32;
  config.dropout = 0.2F;
  config.learning_rate = 0.02F;
  config.units = 6;
  config.unit = unit;
  return config;
}

TEST(Content2Vec, SaysWhatIsBoughtTogetherOfColdItemsAndOfThoseWithoutContent) {
  const Dataset data = pair_shop();
  const auto item = [&](const std::string& name) { return data.items.at(name, "item"); };
  for (const char* const unit : {"none", "pairwise", "embedded"}) {
    const auto model = Content2Vec::fit({data, data.events}, small_content2vec(unit), {});
    for (int kind = 0; kind < kPairKinds; ++kind) {
      const std::vector<idx_t> history = {item(fmt::format("i{}", kind)),
                                          item(fmt::format("i{}", kind + kPairKinds))};
      const std::vector<float> scores = scores_of(*model, {.history = history});
      const idx_t other = item(fmt::format("i{}", (kind + 1) % kPairKinds + 6)),
                  same = item(fmt::format("i{}", kind + 6));
      EXPECT_GT(scores[same], scores[other]) << unit;
      EXPECT_EQ(scores[item("cold1")] > scores[kind == 1 ? other : same], kind == 1) << unit;
      EXPECT_EQ(scores[item("bare0")] > scores[kind == 0 ? other : same], kind == 0) << unit;
      EXPECT_LT(scores[item("blank")], -900) << unit;
      const auto why = model->explain({.history = history}, item("cold1"));
      ASSERT_TRUE(why);
      EXPECT_NEAR(why->causes.at(0).score + why->causes.at(1).score, scores[item("cold1")], 1e-4);
    }
    const std::vector<std::string> title = {"title"};
    const auto lists = model->similar_to(text_content("kind1", title), 3);
    ASSERT_EQ(lists.at(0).size(), 3);
    for (const Scored& near : lists[0]) {
      const std::string name(data.items.id(near.idx));
      EXPECT_TRUE(name == "cold1" || std::stoi(name.substr(1)) % kPairKinds == 1) << unit << ": " << name;
    }
    EXPECT_TRUE(model->similar_to(text_content("unheard", title), 3).at(0).empty());
    EXPECT_TRUE(model->similar(item("blank"), 3).empty());

    const std::string path = (std::filesystem::path(testing::TempDir()) / "content2vec.safetensors").string();
    TensorWriter writer("model");
    model->save(writer);
    writer.write(path);
    const TensorReader reader(path);
    const auto loaded = Content2Vec::load(reader, data.n_users(), data.n_event_items());
    const std::vector<idx_t> history = {item("bare0"), item("i1")};
    EXPECT_EQ(scores_of(*loaded, {.history = history}), scores_of(*model, {.history = history}));
    EXPECT_THROW(Content2Vec::load(reader, data.n_users(), data.n_event_items() + 1), Error);
    std::filesystem::remove(path);
  }
}

TEST(Content2Vec, WithAZeroResidualScoresAsTheEnsembleDoes) {
  const Dataset data = pair_shop();
  Content2Vec::Config config = small_content2vec("embedded");
  config.epochs = 2;
  const auto fitted = Content2Vec::fit({data, data.events}, config, {});
  const auto& model = dynamic_cast<const Content2Vec&>(*fitted);
  towers::PairUnit zero = model.unit().clone(), ensemble{zero.modules, zero.weights.clone(), {}, Matrix()};
  for (const std::size_t k : {2U, 3U}) zero.net[k] = Matrix(zero.net[k].rows(), zero.net[k].cols());
  const std::vector<idx_t> history = {0, 4};
  const std::vector<float> scores = scores_of(*model.with(ensemble), {.history = history});
  EXPECT_EQ(scores_of(*model.with(zero), {.history = history}), scores);
  EXPECT_NE(scores_of(model, {.history = history}), scores);
}

TEST(Content2Vec, GoesOnFromWhatItHasLearned) {
  const Dataset data = pair_shop();
  Content2Vec::Config config = small_content2vec("embedded");
  config.epochs = 2;
  const auto old = Content2Vec::fit({data, data.events}, config, {});
  const FitStart start{.model = old.get()};
  FitContext context;
  context.start = &start;
  config.epochs = 0;
  const std::vector<idx_t> history = {1, 4};
  const auto same = Content2Vec::fit({data, data.events}, config, context);
  EXPECT_EQ(scores_of(*same, {.history = history}), scores_of(*old, {.history = history}));
  config.epochs = 1;
  EXPECT_NE(scores_of(*Content2Vec::fit({data, data.events}, config, context), {.history = history}),
            scores_of(*old, {.history = history}));
  config.unit = "none";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage,
                                  [&] {
                                    Content2Vec::fit({data, data.events}, config, context);
                                  }),
                       "keep factors, layers, unit"));
}

TEST(Content2Vec, LearnsFromLinksBetweenItemsWithEvents) {
  const Dataset data = pair_shop();
  Content2Vec::Config config = small_content2vec("none");
  config.links = "also_bought";
  FitContext context;
  std::string remark;
  context.on_remark = [&](std::string_view text) { remark += text; };
  const auto model = Content2Vec::fit({data, data.events}, config, context);
  EXPECT_TRUE(contains(remark, "28 of 29 links also_bought")) << remark;
  const std::vector<idx_t> history = {data.items.at("i3", "item")};
  const std::vector<float> scores = scores_of(*model, {.history = history});
  EXPECT_GT(scores[data.items.at("cold1", "item")], scores[data.items.at("i5", "item")]);
  config.links = "also_bougt";
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData,
                                  [&] {
                                    Content2Vec::fit({data, data.events}, config, {});
                                  }),
                       "did you mean also_bought"));
}

}  // namespace
}  // namespace akin
