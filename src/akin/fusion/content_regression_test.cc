#include "akin/fusion/content_regression.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/encode/text_models.h"
#include "akin/fusion/scores_for_test.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

/// Users like kettles and dislike knives, or the other way round; everybody likes steel. New items have no events.
Dataset shop() {
  DatasetBuilder builder;
  for (int i = 0; i < 12; ++i) {
    const std::string id = "i" + std::to_string(i);
    builder.set_item_attribute(
        id, "title",
        fmt::format("{} {} number{}", i % 2 == 0 ? "kettle" : "knife", i % 3 == 0 ? "steel" : "wood", i));
  }
  builder.set_item_attribute("new kettle", "title", "steel kettle");
  builder.set_item_attribute("new knife", "title", "steel knife");
  builder.set_item_attribute("wood kettle", "title", "wood kettle");
  builder.set_item_attribute("nameless", "brand", "Acme");
  for (int u = 0; u < 20; ++u) {
    for (int i = 0; i < 12; ++i) {
      if ((u + i) % 4 == 3) continue;
      const bool liked = i % 2 == u % 2;
      builder.add_event("u" + std::to_string(u), "i" + std::to_string(i),
                        static_cast<float>((liked ? 4 : 2) + (i % 3 == 0 ? 1 : 0)), i);
    }
  }
  ImportReport report;
  return builder.build("shop", {}, report, {});
}

struct Asked {
  std::vector<idx_t> items;
  std::vector<float> values;
  Query query() const { return {std::nullopt, items, values}; }
};

/// What a user likes: kettles (0) or knives (1).
Asked fan_of(const Dataset& data, int parity) {
  Asked asked;
  for (int i = 0; i < 12; ++i) {
    asked.items.push_back(data.items.at("i" + std::to_string(i), "item"));
    asked.values.push_back(static_cast<float>((i % 2 == parity ? 4 : 2) + (i % 3 == 0 ? 1 : 0)));
  }
  return asked;
}

template <typename M>
std::unique_ptr<Model> fit(const Dataset& data, typename M::Config config = {}) {
  config.user_regularization = 0.1F;
  return M::fit({data, data.events}, config, {});
}

TEST(ContentRidge, RanksNewItemsByWhatEverybodyAndTheUserLikes) {
  const Dataset data = shop();
  const auto model = fit<ContentRidge>(data);
  const auto item = [&](const char* id) { return data.items.at(id, "item"); };
  for (const int parity : {0, 1}) {
    const Asked asked = fan_of(data, parity);
    const std::vector<float> scores = scores_of(*model, asked.query());
    const float kettle = scores[item("new kettle")], knife = scores[item("new knife")];
    EXPECT_GT(parity == 0 ? kettle - knife : knife - kettle, 0.5F);
    EXPECT_GT(kettle, scores[item("wood kettle")]) << "everybody likes steel";
  }
}

/// Of what nothing is known, a rating is the user's mean: m + b_u.
TEST(ContentRidge, RanksItemsWithoutContentAtTheUsersMean) {
  const Dataset data = shop();
  const auto model = fit<ContentRidge>(data);
  const idx_t nameless = data.items.at("nameless", "item"), kettle = data.items.at("new kettle", "item");
  const Asked asked = fan_of(data, 0);
  Asked higher = asked;
  for (float& value : higher.values) value += 2;
  const std::vector<float> scores = scores_of(*model, asked.query());
  const auto words = dynamic_cast<const ContentRegression&>(*model).explain_words(asked.query(), kettle);
  EXPECT_NEAR(scores[nameless], words->base, 1e-6) << "m + b_u, as of any new item";
  EXPECT_GT(scores[kettle], scores[nameless]);
  EXPECT_LT(scores[data.items.at("i1", "item")], scores[nameless]) << "a wooden knife";
  EXPECT_GT(scores_of(*model, higher.query())[nameless], scores[nameless] + 1);
  EXPECT_EQ(model->explain(asked.query(), nameless)->base, scores[nameless]);
}

/// A model of texts that tells kettles from knives takes the place of the words.
TEST(ContentRegression, TakesATrainedModelOfTextsAsItsEncoder) {
  const TempDir dir;
  LabelledTexts texts;
  for (const char* text : {"kettle", "a kettle", "knife", "a knife"}) {
    texts.labels.push_back(texts.classes.add(std::string_view(text).ends_with("kettle") ? "k" : "n"));
    texts.texts.emplace_back(text);
  }
  StoredTextModel stored{.model = find_text_model("text-linear").fit({texts}, {}, {})};
  save_text_model(stored, dir / "m.text");
  const Dataset data = shop();
  ContentRidge::Config config;
  config.encoder = "text-model";
  config.file = dir / "m.text";
  const auto model = fit<ContentRidge>(data, config);
  EXPECT_EQ(model->encoder()->name(), "text-model");
  const std::vector<float> scores = scores_of(*model, fan_of(data, 1).query());
  EXPECT_GT(scores[data.items.at("new knife", "item")], scores[data.items.at("new kettle", "item")] + 0.5F);
  config.encoder = "tfidf";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { fit<ContentRidge>(data, config); }),
                       "tfidf reads no file; take encoder=text-model"));
}

TEST(ContentLogistic, RanksNewItemsLikeTheHistoryFirst) {
  const Dataset data = shop();
  const auto model = fit<ContentLogistic>(data);
  for (const int parity : {0, 1}) {
    Asked asked;
    for (int i = parity; i < 6; i += 2) asked.items.push_back(data.items.at("i" + std::to_string(i), "item"));
    const std::vector<float> scores = scores_of(*model, asked.query());
    const float kettle = scores[data.items.at("new kettle", "item")],
                knife = scores[data.items.at("new knife", "item")];
    EXPECT_EQ(kettle > knife, parity == 0);
    EXPECT_EQ(scores[data.items.at("nameless", "item")], kNever) << "nothing is known of it";
    EXPECT_FALSE(model->explain(asked.query(), data.items.at("nameless", "item")));
  }
}

TEST(ContentLogistic, HoldsNothingAgainstItemsThatAreNew) {
  const Dataset data = shop();
  const auto model = fit<ContentLogistic>(data);
  const Asked asked = fan_of(data, 0);
  const auto words = dynamic_cast<const ContentRegression&>(*model).explain_words(
      asked.query(), data.items.at("new kettle", "item"));
  const auto other = dynamic_cast<const ContentRegression&>(*model).explain_words(
      asked.query(), data.items.at("new knife", "item"));
  const auto sold = dynamic_cast<const ContentRegression&>(*model).explain_words(asked.query(),
                                                                                 data.items.at("i0", "item"));
  EXPECT_EQ(words->base, other->base);
  EXPECT_NE(words->base, sold->base);
}

/// The two explanations of a score add up to it.
void expect_explained(const Model& model, const Query& query) {
  const std::vector<float> scores = scores_of(model, query);
  const auto& regression = dynamic_cast<const ContentRegression&>(model);
  for (idx_t i = 0; i < scores.size(); ++i) {
    if (scores[i] == kNever) continue;
    const auto causes = model.explain(query, i);
    ASSERT_TRUE(causes);
    double sum = static_cast<double>(causes->base);
    for (const Scored& cause : causes->causes) sum += static_cast<double>(cause.score);
    EXPECT_NEAR(sum, static_cast<double>(scores[i]), 1e-4);
    const auto words = regression.explain_words(query, i);
    ASSERT_TRUE(words);
    sum = words->base;
    for (const TextPart& part : words->parts) sum += part.score;
    EXPECT_NEAR(sum, static_cast<double>(scores[i]), 1e-4);
  }
}

TEST(ContentRegression, ExplanationsAddUpToTheScore) {
  const Dataset data = shop();
  const Asked asked = fan_of(data, 0);
  expect_explained(*fit<ContentRidge>(data), asked.query());
  expect_explained(*fit<ContentLogistic>(data), asked.query());
  // What the ratings of the history say of an item are the user's own weights times its vector.
  const auto ridge = fit<ContentRidge>(data);
  const auto why = ridge->explain(asked.query(), data.items.at("new kettle", "item"));
  ContentRidge::Config same;
  same.user_regularization = 1e6F;
  const auto shared = ContentRidge::fit({data, data.events}, same, {});
  const std::vector<float> own = scores_of(*ridge, asked.query()), all = scores_of(*shared, asked.query());
  EXPECT_NEAR(why->base, all[data.items.at("new kettle", "item")], 1e-3) << "shrunk to the weights of all";
  EXPECT_GT(own[data.items.at("new kettle", "item")], all[data.items.at("new kettle", "item")]);
}

TEST(ContentRegression, TakesAnyEncoder) {
  const Dataset data = shop();
  for (const auto& [encoder, params] : std::vector<std::pair<std::string, std::string>>{
           {"tfidf", "svd=3"}, {"bm25", "ngrams=1 min_items=2"}, {"word-vectors", ""}}) {
    ContentRidge::Config config;
    config.encoder = encoder;
    config.encoder_params = params;
    const auto model = fit<ContentRidge>(data, config);
    const Asked asked = fan_of(data, 0);
    const std::vector<float> scores = scores_of(*model, asked.query());
    EXPECT_GT(scores[data.items.at("new kettle", "item")], scores[data.items.at("new knife", "item")])
        << encoder;
  }
  ContentRidge::Config config;
  config.encoder_params = "ngrams";
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kUsage, [&] { fit<ContentRidge>(data, config); }), "PARAMETER=VALUE"));
}

}  // namespace
}  // namespace akin
