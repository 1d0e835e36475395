#include "akin/experiment/semantic_ids.h"

#include <map>

#include "akin/catalog/fit.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/train.h"

namespace akin {
namespace {

/// Vectors of the even and the odd items point to two sides; the last item has none, and one is of no item.
ReadEmbeddings two_sides(const Dataset& data) {
  ReadEmbeddings read{{}, Matrix(data.n_items(), 3)};
  for (idx_t i = 0; i + 1 < data.n_items(); ++i) {
    const std::size_t r = read.ids.add(data.items.id(i));
    const int number = std::stoi(std::string(data.items.id(i).substr(1)));
    read.vectors[r][number % 2 == 0 ? 0 : 1] = 5;
    read.vectors[r][2] = 0.1F * static_cast<float>(number);
  }
  read.vectors[read.ids.add("stranger")][0] = 1;
  return read;
}

TEST(SemanticIds, AreAListOfCodesFromCoarseToFine) {
  Dataset data = made_dataset();
  const SemanticIdFacts facts =
      add_semantic_ids(data, two_sides(data), "vectors", {.levels = 2, .clusters = 2}, {.threads = 1});
  EXPECT_EQ(facts.items, data.n_items() - 1);
  EXPECT_EQ(facts.without_vector, 1u);
  EXPECT_EQ(facts.unknown, 1u);
  ASSERT_EQ(facts.errors.size(), 2u);
  EXPECT_LT(facts.errors[0], 0.1);
  EXPECT_LT(facts.errors[1], facts.errors[0]);
  EXPECT_EQ(facts.different, (std::vector<std::size_t>{2, 4}));
  EXPECT_EQ(data.item_attributes.type("semantic_id").kind, AttributeType::Kind::kList);
  std::map<std::string, std::size_t> members;
  const std::string first(data.item_attributes.get("semantic_id", 0));
  for (idx_t i = 0; i + 1 < data.n_items(); ++i) {
    const std::string id(data.item_attributes.get("semantic_id", i));
    ASSERT_EQ(id.size(), 5u) << id;
    EXPECT_EQ(id[0], id[2]) << "an element names those before it: " << id;
    const auto number = [&](idx_t item) { return std::stoi(std::string(data.items.id(item).substr(1))); };
    EXPECT_EQ(id[0] == first[0], number(i) % 2 == number(0) % 2) << "the first level is the side";
    ++members[id];
  }
  std::size_t most = 0;
  for (const auto& [id, count] : members) most = std::max(most, count);
  EXPECT_EQ(members.size(), 4u);
  EXPECT_EQ(facts.most_alike, most);
  EXPECT_EQ(data.item_attributes.get("semantic_id", data.n_items() - 1), "");

  Dataset again = made_dataset();
  add_semantic_ids(again, two_sides(again), "vectors", {.levels = 2, .clusters = 2}, {.threads = 4});
  for (std::size_t i = 0; i < data.n_items(); ++i)
    EXPECT_EQ(again.item_attributes.get("semantic_id", i), data.item_attributes.get("semantic_id", i));
  EXPECT_TRUE(contains(
      message_of(ErrorCode::kUsage, [&] { add_semantic_ids(data, two_sides(data), "vectors", {}, {}); }),
      "give another name with --attribute"));
  EXPECT_EQ(message_of(ErrorCode::kUsage,
                       [&] { add_semantic_ids(again, two_sides(again), "v", {.levels = 17}, {}); }),
            "levels is 17; give 1 to 16");
  const Bundle bundle =
      train(std::move(data),
            {"meta-prod2vec", {{"fields", "semantic_id"}, {"factors", "4"}, {"epochs", "1"}}})
          .bundle;
  EXPECT_TRUE(bundle.model->has_similar()) << "and meta-prod2vec knows them";
}

}  // namespace
}  // namespace akin
