#include "akin/serve/similar_items.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
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

}  // namespace
}  // namespace akin
