#include "akin/experiment/add_encoder.h"

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/catalog/fit.h"
#include "akin/data/split_dataset.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/train.h"
#include "akin/experiment/update.h"
#include "akin/fusion/content_model.h"

namespace akin {
namespace {

/// Users buy kettles and knives, one after the other, and write about each; "red" has no events.
Dataset kitchen() {
  DatasetBuilder builder;
  const std::vector<std::pair<std::string, std::string>> titles = {
      {"k1", "steel kettle"}, {"k2", "glass kettle"}, {"k3", "kettle of steel and glass"},
      {"c1", "bread knife"},  {"c2", "steak knife"},  {"red", "red steel kettle"}};
  for (const auto& [id, title] : titles) builder.set_item_attribute(id, "title", title);
  const std::vector<std::pair<std::string, std::vector<std::string>>> users = {
      {"u", {"k1", "k2", "k3"}}, {"v", {"k2", "k1", "c1"}}, {"w", {"c1", "c2", "k3"}}};
  for (const auto& [user, items] : users) {
    for (std::size_t n = 0; n < items.size(); ++n) {
      const std::uint64_t event = builder.add_event(user, items[n], 1, static_cast<std::int64_t>(n));
      builder.add_review(event, "", fmt::format("word{}{}", user, n));
    }
  }
  ImportReport report;
  return builder.build("kitchen", {}, report, {});
}

Bundle trained() { return train(kitchen(), {"als", {{"factors", "2"}}}).bundle; }

Bundle with_titles() {
  Bundle bundle = trained();
  add_encoder(bundle, kitchen(), "tfidf", {{"fields", "title"}}, {.part = "titles"});
  return bundle;
}

std::vector<std::string> ids_of(const Bundle& bundle, const std::vector<Scored>& items) {
  std::vector<std::string> ids;
  for (const Scored& item : items) ids.emplace_back(bundle.dataset.items.id(item.idx));
  return ids;
}

/// The items of the bundle most like one, by a model or a part.
std::vector<std::string> near_item(const Bundle& bundle, const Model& model, const char* id, std::size_t k) {
  return ids_of(bundle, model.similar(bundle.dataset.items.at(id, "item"), k));
}

std::vector<Scored> near_text(const Model& model, std::string_view text, std::size_t k) {
  const std::vector<std::string> field = {model.encoder()->fields().front()};
  return model.similar_to(text_content(text, field), k).front();
}

using Ids = std::vector<std::string>;

TEST(AddEncoder, PlacesTextsAndItemsWithoutEventsBesideAModelOfEvents) {
  const TempDir dir;
  save_bundle(with_titles(), dir / "b");
  const Bundle bundle = load_bundle(dir / "b");
  EXPECT_EQ(bundle.entry->name, "als");
  const ContentModel& titles = part_of(bundle, "");
  EXPECT_EQ(ids_of(bundle, near_text(titles, "red kettle", 1)), Ids{"red"});
  EXPECT_EQ(near_item(bundle, titles, "red", 1), Ids{"k1"});
  // Exactly what the content model of the same encoder answers.
  const Bundle content = train(kitchen(), {"content-tfidf", {{"fields", "title"}}}).bundle;
  EXPECT_EQ(near_text(titles, "glass knife", 6), near_text(*content.model, "glass knife", 6));
}

TEST(AddEncoder, SeveralPartsAnswerByName) {
  Bundle bundle = with_titles();
  add_encoder(bundle, kitchen(), "bm25", {{"fields", "reviews"}}, {});
  ASSERT_EQ(bundle.parts.size(), 2u);
  EXPECT_EQ(bundle.parts[0].name, "bm25");
  EXPECT_EQ(ids_of(bundle, near_text(part_of(bundle, "bm25"), "wordu0", 1)), Ids{"k1"});
  EXPECT_TRUE(near_text(part_of(bundle, "titles"), "wordu0", 1).empty());
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { part_of(bundle, ""); }), "bm25, titles"));
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kNotFound, [&] { part_of(bundle, "title"); }), "did you mean titles"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { part_of(trained(), ""); }), "--add-to"));
  add_encoder(bundle, kitchen(), "tfidf", {{"fields", "reviews"}}, {.part = "titles"});
  EXPECT_EQ(bundle.parts.size(), 2u) << "the same name replaces";
  EXPECT_FALSE(near_text(part_of(bundle, "titles"), "wordu0", 1).empty());
}

TEST(AddEncoder, NoWordOfAHeldOutReviewReachesTheFile) {
  const TempDir dir;
  Bundle bundle = trained();
  add_encoder(bundle, kitchen(), "tfidf", {{"fields", "reviews"}}, {});
  save_bundle(bundle, dir / "b");
  const std::string file = read_file(dir / "b");
  EXPECT_TRUE(contains(file, "wordu0"));
  for (const char* const held_out : {"wordu2", "wordv2", "wordw2"}) EXPECT_FALSE(contains(file, held_out));
}

TEST(AddEncoder, RefusesOtherDataAndWrongNames) {
  Bundle bundle = trained();
  const std::string other =
      message_of(ErrorCode::kBadData, [&] { add_encoder(bundle, made_dataset(), "tfidf", {}); });
  EXPECT_TRUE(contains(other, "not the data set that the model was trained on"));
  for (const char* const name : {"a b", "../x", "a.b"}) {
    message_of(ErrorCode::kUsage, [&] { add_encoder(bundle, kitchen(), "tfidf", {}, {.part = name}); });
  }
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { add_encoder(bundle, kitchen(), "tfdif", {}); }),
                       "did you mean tfidf"));
  EXPECT_TRUE(bundle.parts.empty());
}

TEST(AddEncoder, AnUpdateKeepsVectorsAndPlacesNewItems) {
  for (const char* const svd : {"0", "2"}) {  // sparse and dense
    Bundle bundle = trained();
    add_encoder(bundle, kitchen(), "tfidf", {{"fields", "title"}, {"svd", svd}}, {.part = "titles"});
    const Ids old = near_item(bundle, part_of(bundle, "titles"), "k1", 2);

    DatasetBuilder builder;
    builder.add_event("u", "red", 1, 9);  // the item had no events
    builder.set_item_attribute("pan", "title", "glass pan with steel handle");
    ImportReport report;
    const UpdateResult result = update(std::move(bundle), builder.build("more", {}, report, {}));
    EXPECT_EQ(result.counts.items, 1u);
    EXPECT_EQ(result.counts.items_without_events, 1u);
    const ContentModel& after = part_of(result.bundle, "titles");
    EXPECT_EQ(near_item(result.bundle, after, "k1", 2), old);
    const Ids near_pan = near_item(result.bundle, after, "pan", 7);
    EXPECT_EQ(std::ranges::count(near_pan, "k3"), 1) << svd;
  }
}

TEST(Update, TakesNewItemsWithoutEventsWhereContentCounts) {
  DatasetBuilder builder;
  builder.set_item_attribute("pan", "title", "glass pan");
  builder.set_item_attribute("pan", "weight", "3");
  builder.add_event("u", "k1", 1, 0);  // known already
  ImportReport report;
  const Dataset more = builder.build("more", {}, report, {});
  const Bundle content =
      update(train(kitchen(), {"content-tfidf", {{"fields", "title"}}}).bundle, more).bundle;
  EXPECT_EQ(near_item(content, *content.model, "pan", 1), Ids{"k3"});
  EXPECT_TRUE(update(trained(), more).nothing_new);
  const Bundle updated = update(with_titles(), more).bundle;
  EXPECT_EQ(near_item(updated, part_of(updated, "titles"), "pan", 1), Ids{"k3"});
}

TEST(Update, NamesAttributesThatChangeTheirType) {
  DatasetBuilder builder;
  builder.add_event("u", "red", 1, 9);
  builder.set_item_attribute("red", "title", "x");
  ImportReport report;
  Dataset more = builder.build("more", {}, report, {});
  more.item_attributes.set_type("title", {AttributeType::Kind::kCategory});
  Remarks remarks;
  update(trained(), more, {}, remarks.context());
  EXPECT_TRUE(remarks.has("attribute title: text, and category in the new data: read as before"));
}

}  // namespace
}  // namespace akin
