#include "akin/fusion/content_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/data/split_dataset.h"
#include "akin/fusion/scores_for_test.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

using ContentTfidf = ContentModelOf<TfidfEncoder>;
using ContentAttributes = ContentModelOf<AttributeEncoder>;

/// Users buy kettles or knives; a kettle and a nameless item have no events.
Dataset kitchen() {
  DatasetBuilder builder;
  const std::vector<std::pair<std::string, std::string>> titles = {
      {"k1", "steel kettle"}, {"k2", "glass kettle"},    {"k3", "kettle of steel and glass"},
      {"c1", "bread knife"},  {"c2", "steak knife set"}, {"new", "red steel kettle"}};
  for (const auto& [id, title] : titles) builder.set_item_attribute(id, "title", title);
  builder.set_item_attribute("nameless", "brand", "Acme");
  for (const char* const item : {"k1", "k2"}) builder.add_event("u", item, 5, 1);
  for (const char* const item : {"k1", "k3", "c1"}) builder.add_event("v", item, 1, 1);
  for (const char* const item : {"c1", "c2"}) builder.add_event("w", item, 5, 1);
  ImportReport report;
  return builder.build("kitchen", {}, report, {});
}

TEST(ContentModel, ScoresAreTheProductsWithTheMeanOfTheHistory) {
  const Dataset data = kitchen();
  ASSERT_EQ(data.n_event_items(), 5u);
  const auto model = ContentTfidf::fit({data, data.events}, {}, {});
  ASSERT_EQ(model->n_items(), data.n_items()) << "the whole catalogue";
  const Matrix vectors = model->encoder()->encode(ItemContent(data), {});
  const std::vector<idx_t> history = {data.items.at("k1", "item"), data.items.at("c1", "item")};
  const std::vector<float> scores = scores_of(*model, {std::nullopt, history, {}});
  for (idx_t i = 0; i < data.n_items(); ++i) {
    double expected = 0;
    for (std::size_t c = 0; c < vectors.cols(); ++c) {
      expected += static_cast<double>(vectors.row(i)[c]) *
                  static_cast<double>(vectors.row(history[0])[c] + vectors.row(history[1])[c]) / 2;
    }
    if (data.items.id(i) == "nameless")
      EXPECT_EQ(scores[i], kNever);
    else
      EXPECT_NEAR(scores[i], expected, 1e-6) << data.items.id(i);
  }
}

TEST(ContentModel, ANewProductIsPlacedByItsWords) {
  const Dataset data = kitchen();
  const auto model = ContentTfidf::fit({data, data.events}, {}, {});
  const idx_t fresh = data.items.at("new", "item");
  ASSERT_GE(fresh, data.n_event_items());
  EXPECT_EQ(data.items.id(model->similar(fresh, 1).at(0).idx), "k1");
  const NewItems unseen =
      parse_new_items(R"([{"title": "a knife for bread"}, {"title": "xylophone"}])", {}, "x");
  const auto lists = model->similar_to(unseen.content, 2);
  ASSERT_EQ(lists.size(), 2u);
  EXPECT_EQ(data.items.id(lists[0].at(0).idx), "c1");
  EXPECT_TRUE(lists[1].empty()) << "no word of it is known";
}

TEST(ContentModel, CausesAddUpToTheScore) {
  const Dataset data = kitchen();
  ContentTfidf::Config config;
  config.use_values = true;
  const auto model = ContentTfidf::fit({data, data.events}, config, {});
  const std::vector<idx_t> history = {0, 3, 0};
  const std::vector<float> values = {5, 1, 2};
  const Query query{std::nullopt, history, values};
  const std::vector<float> scores = scores_of(*model, query);
  for (idx_t i = 0; i < data.n_items(); ++i) {
    const auto why = model->explain(query, i);
    if (scores[i] == kNever) {
      EXPECT_FALSE(why);
      continue;
    }
    float sum = why->base;
    for (const Scored& cause : why->causes) sum += cause.score;
    EXPECT_NEAR(sum, scores[i], 1e-5);
    EXPECT_EQ(why->causes.size(), 2u) << "each item once";
  }
}

TEST(ContentModel, LearnsFromTrainingItemsOnly) {
  Dataset data = kitchen();
  std::vector<Event> events = data.events;
  std::erase_if(events, [&](const Event& event) { return data.items.id(event.item) == "c2"; });
  const auto model = ContentTfidf::fit({data, events}, {}, {});
  bool red = false;
  for (std::size_t t = 0; t < model->encoder()->dim(); ++t) {
    EXPECT_FALSE(contains(model->encoder()->dimension(t), "steak")) << "only c2 is a steak knife";
    red |= model->encoder()->dimension(t) == "red";
  }
  EXPECT_TRUE(red) << "of the kettle that nobody has bought yet, which no event holds out";
}

TEST(ContentModel, NoWordOfAHeldOutReviewReachesTheFile) {
  const TempDir dir;
  DatasetBuilder builder;
  for (const char* const user : {"u", "v", "w"}) {
    builder.add_review(builder.add_event(user, "a", 5, 1), "", "plainword about a");
    builder.add_review(builder.add_event(user, "b", 5, 2), "hiddenheadline", "hiddentext about b");
    builder.set_item_attribute("a", "title", "A");
  }
  ImportReport report;
  const SplitDataset split = split_dataset(builder.build("x", {}, report, {}), {.holdout = Holdout::kLast});
  ASSERT_EQ(split.test.size(), 3u);
  ContentTfidf::Config config;
  config.fields = "title,reviews";
  const auto model = ContentTfidf::fit(split.training_data(), config, {});
  TensorWriter writer("model");
  model->save(writer);
  writer.write(dir / "m");
  const std::string bytes = read_file(dir / "m");
  EXPECT_TRUE(contains(bytes, "plainword")) << "training reviews are learned from";
  EXPECT_FALSE(contains(bytes, "hidden"));
}

TEST(ContentModel, AttributesAlone) {
  Dataset data = kitchen();
  data.item_attributes.column("brand").set(0, "Acme");
  data.item_attributes.column("brand").set(1, "Bolt");
  const auto model = ContentAttributes::fit({data, data.events}, {}, {});
  ASSERT_EQ(model->similar(0, 5).size(), 1u);
  EXPECT_EQ(data.items.id(model->similar(0, 5).at(0).idx), "nameless");
  EXPECT_TRUE(model->similar(1, 5).empty()) << "nothing is like it";
  EXPECT_TRUE(model->similar(2, 5).empty()) << "without a brand";
}

}  // namespace
}  // namespace akin
