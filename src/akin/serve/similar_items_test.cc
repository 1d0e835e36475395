#include "akin/serve/similar_items.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/linalg/kernels.h"
#include "akin/store/bundle_for_test.h"

namespace akin {
namespace {

/// Two kinds of users and items; items have their kind as category.
Dataset dataset() {
  DatasetBuilder builder;
  for (int u = 0; u < 12; ++u) {
    for (int step = 0; step < 4; ++step)
      builder.add_event("u" + std::to_string(u), "i" + std::to_string(u % 2 + 2 * ((u / 2 + step) % 5)), 1,
                        step);
  }
  for (int i = 0; i < 10; ++i)
    builder.set_item_attribute("i" + std::to_string(i), "category", i < 5 ? "low" : "high");
  ImportReport report;
  return builder.build("events", {}, report, {});
}

class SimilarItemsTest : public testing::Test {
 protected:
  std::string saved(const ModelSpec& model) {
    save_bundle(train_bundle(dataset(), {.holdout = Holdout::kNone}, model), dir_ / "bundle");
    return dir_ / "bundle";
  }
  /// a and b point nearly the same way, c another, d back.
  std::string vectors() {
    write_file(dir_ / "v.csv", "id,x,y\na,2,0\nb,1,0.1\nc,0,3\nd,-1,0\n");
    return dir_ / "v.csv";
  }
  TempDir dir_;
};

TEST_F(SimilarItemsTest, AFileOfVectorsAnswersByCosine) {
  SimilarItems items(vectors(), {});
  EXPECT_EQ(items.dataset().n_items(), 4u);
  const idx_t a = items.find("a"), b = items.find("b"), c = items.find("c");
  const std::vector<Scored> near = items.similar(a, 2);
  ASSERT_EQ(near.size(), 2u);
  EXPECT_EQ(near[0].idx, b);
  EXPECT_NEAR(near[0].score, 1 / std::sqrt(1.01), 1e-6);
  EXPECT_EQ(near[1].idx, c);
  EXPECT_EQ(items.similar(a, 9).size(), 3u) << "itself left out";
  const idx_t plus[] = {c}, minus[] = {a};
  EXPECT_EQ(items.nearest(plus, minus, 1).at(0).idx, items.find("d"));
  EXPECT_EQ(items.space().vectors().rows(), 4u);
  EXPECT_TRUE(contains(message_of(ErrorCode::kNotFound, [&] { items.find("e"); }), "e"));
}

TEST_F(SimilarItemsTest, AModelAnswersAsItsServiceDoes) {
  const std::string path = saved({"als", {{"factors", "4"}}});
  SimilarItems items(path, {});
  const Service service(load_bundle(path));
  for (const char* id : {"i0", "i7"}) {
    EXPECT_EQ(items.similar(items.find(id), 3), service.similar(id, 3, {}));
    const idx_t plus[] = {items.find(id)};
    EXPECT_EQ(items.nearest(plus, {}, 1).at(0).idx, items.similar(plus[0], 1).at(0).idx);
  }
  EXPECT_EQ(items.dataset().item_attributes.get("category", items.find("i7")), "high");
  EXPECT_TRUE(contains(message_of(ErrorCode::kNotFound, [&] { items.find("i77"); }), "i77"));
}

TEST_F(SimilarItemsTest, FiltersOfAModel) {
  const std::string path = saved({"als", {{"factors", "4"}}});
  SimilarItems items(path, {{"category", "high"}});
  const idx_t i0 = items.find("i0");
  const idx_t plus[] = {i0};
  for (const std::vector<Scored>& list : {items.similar(i0, 5), items.nearest(plus, {}, 5)}) {
    EXPECT_EQ(list.size(), 5u);
    for (const Scored& item : list)
      EXPECT_EQ(items.dataset().item_attributes.get("category", item.idx), "high");
  }
}

TEST_F(SimilarItemsTest, WhatCannotBeAsked) {
  message_of(ErrorCode::kUsage, [&] { SimilarItems(vectors(), {{"category", "high"}}); });
  SimilarItems items(saved("item-knn"), {});
  EXPECT_FALSE(items.similar(items.find("i0"), 2).empty());
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { items.space(); }), "item-knn has no vectors"));
  EXPECT_THROW(SimilarItems(dir_ / "none", {}), Error);
}

TEST_F(SimilarItemsTest, SubstitutesAndComplementsComeOfTheTwoVectorsOfAnItem) {
  const std::string path = saved({"prod2vec", {{"factors", "6"}, {"epochs", "3"}, {"sample", "0"}}});
  const Bundle bundle = load_bundle(path);
  const auto& model = dynamic_cast<const Word2VecModel&>(*bundle.model);
  SimilarItems substitutes(path, {}), complements(path, {}), typed(path, {}),
      low(path, {{"category", "low"}});
  substitutes.ask_for(Relation::kSubstitute, "");
  complements.ask_for(Relation::kComplement, "");
  typed.ask_for(Relation::kComplement, "category");
  low.ask_for(Relation::kComplement, "");
  const AttributeTable& attributes = bundle.dataset.item_attributes;
  for (idx_t item = 0; item < 10; ++item) {
    const std::vector<Scored> near = substitutes.similar(item, 4), cosines = model.similar(item, 4);
    ASSERT_EQ(near.size(), cosines.size());
    for (std::size_t at = 0; at < near.size(); ++at) {
      EXPECT_EQ(near[at].idx, cosines[at].idx);
      EXPECT_NEAR(near[at].score, cosines[at].score, 1e-5);
    }
    const std::vector<Scored> all = complements.similar(item, 20);
    ASSERT_EQ(all.size(), 9u) << "all but itself";
    for (std::size_t at = 0; at < all.size(); ++at) {
      EXPECT_NEAR(all[at].score, dot(model.input(item).data(), model.output(all[at].idx).data(), 6), 1e-6);
      EXPECT_TRUE(at == 0 || all[at].score <= all[at - 1].score);
    }
    // Two types: complements are of the other one, in the order of the list without types, with shares 1, 1/2, 1/3 ...
    const std::string_view own = attributes.get("category", item);
    std::vector<idx_t> expected;
    for (const Scored& entry : all) {
      if (attributes.get("category", entry.idx) != own) expected.push_back(entry.idx);
    }
    const std::vector<Scored> others = typed.similar(item, 20);
    ASSERT_EQ(others.size(), expected.size());
    for (std::size_t at = 0; at < others.size(); ++at) {
      EXPECT_EQ(others[at].idx, expected[at]);
      EXPECT_NEAR(others[at].score * static_cast<float>(at + 1), others[0].score, 1e-6);
    }
    for (const Scored& entry : low.similar(item, 20)) EXPECT_EQ(attributes.get("category", entry.idx), "low");
  }
  typed.ask_for(Relation::kSubstitute, "category");
  for (const Scored& entry : typed.similar(3, 20))
    EXPECT_EQ(attributes.get("category", entry.idx), attributes.get("category", 3));
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kNotFound, [&] { typed.ask_for(Relation::kSubstitute, "categori"); }),
               "did you mean category?"));
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kUsage, [] { static_cast<void>(parse_relation("complements")); }),
               "did you mean complement?"));
  SimilarItems als(saved({"als", {{"factors", "4"}}}), {}), file(vectors(), {});
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kUsage, [&] { als.ask_for(Relation::kComplement, ""); }), "prod2vec"));
  message_of(ErrorCode::kUsage, [&] { file.ask_for(Relation::kComplement, ""); });
}

TEST_F(SimilarItemsTest, SearchesVectorsByDistanceAndByLsh) {
  SimilarItems file(vectors(), {});
  file.search_by(Distance::kEuclidean, std::nullopt, {});
  const std::vector<Scored> near = file.similar(file.find("b"), 9);
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near[0].idx, file.find("a"));
  EXPECT_NEAR(near[0].score, -std::sqrt(1.01), 1e-6) << "of the vectors as they are, not at length 1";
  const std::string path = saved({"als", {{"factors", "4"}}});
  SimilarItems exact(path, {}), lsh(path, {}), high(path, {{"category", "high"}});
  lsh.search_by(Distance::kCosine, LshConfig{.tables = 3, .hashes = 4, .probes = 16}, {});  // all buckets
  high.search_by(Distance::kCosine, LshConfig{.probes = 16}, {});
  for (idx_t item = 0; item < 10; ++item) {
    const std::vector<Scored> expected = exact.similar(item, 5), found = lsh.similar(item, 5);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t at = 0; at < found.size(); ++at) EXPECT_NEAR(found[at].score, expected[at].score, 1e-5);
    for (const Scored& entry : high.similar(item, 5))
      EXPECT_EQ(exact.dataset().item_attributes.get("category", entry.idx), "high");
  }
  const SearchFacts facts = lsh.measure(5, {});
  EXPECT_EQ(facts.asked, 10u);
  EXPECT_EQ(facts.recall, 1);
  EXPECT_EQ(facts.scored, 10);
  EXPECT_GT(facts.memory, 3u * 10 * sizeof(idx_t));
  SimilarItems counts(saved("item-knn"), {});
  message_of(ErrorCode::kUsage, [&] { counts.search_by(Distance::kCosine, std::nullopt, {}); });
}

}  // namespace
}  // namespace akin
