#include "akin/models/linear/item_weights.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/models/linear/linear_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

/// A model with given weights.
class Fixed : public ItemWeightModel {
 public:
  static constexpr std::string_view kName = "fixed";
  explicit Fixed(State state) : ItemWeightModel(std::move(state)) {}
  Fixed(const std::vector<std::vector<Scored>>& rows, bool use_values) : Fixed(state_of(rows, use_values)) {}
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t, std::size_t n_items) {
    return std::make_unique<Fixed>(load_state(reader, n_items));
  }

 private:
  static State state_of(const std::vector<std::vector<Scored>>& rows, bool use_values) {
    RowCollector collector(rows.size(), rows.size(), rows.size());
    for (std::size_t r = rows.size(); r-- > 0;) collector.set(r, rows[r]);
    return {collector.take(), use_values};
  }
};

// Row 2 is complete, so that it is added as a vector; row 3 is empty.
const std::vector<std::vector<Scored>> kRows = {
    {{1, 0.5f}, {4, -0.25f}},
    {{0, 1}, {2, 2}},
    {{0, 0.1f}, {1, 0.2f}, {2, 0}, {3, 0.4f}, {4, -8}},
    {},
    {{3, 3}},
};

TEST(ItemWeightModel, ScoresAreTheSumsOfTheHistorysRows) {
  const std::vector<idx_t> history = {2, 0, 2, 3};
  const std::vector<float> values = {3, 2, 1, 9};
  std::vector<float> scores(5);
  ASSERT_TRUE(Fixed(kRows, false).score_all({.history = history, .values = values}, scores));
  EXPECT_EQ(scores, (std::vector<float>{0.1f, 0.5f + 0.2f, 0, 0.4f, -8.25f}));
  ASSERT_TRUE(Fixed(kRows, true).score_all({.history = history, .values = values}, scores));
  EXPECT_EQ(scores, (std::vector<float>{4 * 0.1f, 2 * 0.5f + 4 * 0.2f, 0, 4 * 0.4f, -0.5f - 32}));
}

TEST(ItemWeightModel, KnowsNothingWithoutWeights) {
  const Fixed model(kRows, true);
  std::vector<float> scores(5);
  const std::vector<idx_t> weightless = {3}, returned = {0, 0};
  const std::vector<float> bought_and_returned = {2, -2};
  EXPECT_FALSE(model.score_all({}, scores));
  EXPECT_FALSE(model.score_all({.history = weightless}, scores));
  EXPECT_FALSE(model.score_all({.history = returned, .values = bought_and_returned}, scores));
  EXPECT_FALSE(model.explain({.history = weightless}, 1).has_value());
}

TEST(ItemWeightModel, ExplanationsAddUpToTheScore) {
  const std::vector<idx_t> history = {0, 1, 2, 4};
  const std::vector<float> values = {1, 2, 3, 4};
  for (const bool use_values : {false, true}) {
    const Fixed model(kRows, use_values);
    std::vector<float> scores(5);
    const Query query{.history = history, .values = values};
    ASSERT_TRUE(model.score_all(query, scores));
    for (idx_t item = 0; item < 5; ++item) {
      const auto explanation = model.explain(query, item);
      ASSERT_TRUE(explanation.has_value());
      float sum = explanation->base;
      for (const Scored& cause : explanation->causes) sum += cause.score;
      EXPECT_NEAR(sum, scores[item], 1e-6f * std::abs(scores[item]));
      EXPECT_TRUE(std::ranges::is_sorted(explanation->causes, ranks_before));
    }
  }
  const auto explanation = Fixed(kRows, true).explain({.history = history, .values = values}, 3);
  EXPECT_EQ(explanation->causes, (std::vector<Scored>{{4, 12}, {2, 3 * 0.4f}}));
}

TEST(ItemWeightModel, SimilarItemsHaveTheLargestPositiveWeights) {
  const Fixed model(kRows, false);
  EXPECT_EQ(model.similar(2, 2), (std::vector<Scored>{{3, 0.4f}, {1, 0.2f}}));
  EXPECT_EQ(model.similar(2, 9), (std::vector<Scored>{{3, 0.4f}, {1, 0.2f}, {0, 0.1f}}));
  EXPECT_TRUE(model.similar(3, 9).empty());
}

TEST(ItemWeightModel, SavedAndLoadedIsTheSame) {
  const Fixed model(kRows, true);
  const auto loaded = reload<Fixed>(model, 1, 5);
  const std::vector<idx_t> history = {0, 2};
  const std::vector<float> values = {2, 3};
  std::vector<float> before(5), after(5);
  ASSERT_TRUE(model.score_all({.history = history, .values = values}, before));
  ASSERT_TRUE(loaded->score_all({.history = history, .values = values}, after));
  EXPECT_EQ(before, after);
  EXPECT_EQ(error_of([&] { reload<Fixed>(model, 1, 6); }), ErrorCode::kBadData);
  const Fixed unordered({{{1, 1}, {0, 1}}, {}}, false);
  EXPECT_EQ(error_of([&] { reload<Fixed>(unordered, 1, 2); }), ErrorCode::kBadData);
}

TEST(RowCollector, KeepsTheLargestInSizeInOrderOfColumns) {
  RowCollector ties(1, 5, 3);
  ties.set_largest(0, std::vector<float>{1, -1, 2, 1, 0});
  EXPECT_EQ(ties.take().indices, (std::vector<idx_t>{0, 1, 2}));
  RowCollector rows(3, 5, 2);
  rows.set_largest(2, std::vector<float>{0, -3, 2, 1, 0});
  rows.set_largest(0, std::vector<float>{0, 0, 0, 0, 7});
  const Csr matrix = rows.take();
  EXPECT_EQ(matrix.offsets, (std::vector<std::uint64_t>{0, 1, 1, 3}));
  EXPECT_EQ(matrix.indices, (std::vector<idx_t>{4, 1, 2}));
  EXPECT_EQ(matrix.values, (std::vector<float>{7, -3, 2}));
}

}  // namespace
}  // namespace akin
