#include "akin/nn/class_scores.h"

#include <gtest/gtest.h>

namespace akin::nn {
namespace {

TEST(ClassScores, AreThoseOfTheDefinition) {
  // Two pairs of four are right and one is a tie. Tenths: .25 with nothing, .5 twice with one, .95 with one.
  const Array chances = make_array({4, 1}, {0.25F, 0.5F, 0.5F, 0.95F});
  const Array clicks = make_array({4, 1}, {0, 1, 0, 1});
  const Scores scores = class_scores(Loss::kBinaryCrossentropy, chances, clicks);
  EXPECT_DOUBLE_EQ(scores.at("AUC"), 3.5 / 4);
  EXPECT_NEAR(scores.at("calibration"), 2.2 / 2, 1e-6);
  EXPECT_NEAR(scores.at("ECE"), (0.25 + 0 + 0.05) / 4, 1e-6);

  // The same as a softmax over two classes, by number and by place.
  const Array both = make_array({4, 2}, {0.75F, 0.25F, 0.5F, 0.5F, 0.5F, 0.5F, 0.05F, 0.95F});
  EXPECT_EQ(class_scores(Loss::kSparseCategoricalCrossentropy, both, clicks), scores);
  const Array places = make_array({4, 2}, {1, 0, 0, 1, 1, 0, 0, 1});
  EXPECT_EQ(class_scores(Loss::kCategoricalCrossentropy, both, places), scores);
}

TEST(ClassScores, OfOneClassAndOfOtherNets) {
  const Array chances = make_array({2, 1}, {0.25F, 1});
  const Scores none = class_scores(Loss::kBinaryCrossentropy, chances, make_array({2, 1}, {0, 0}));
  EXPECT_EQ(none.size(), 1U) << "no positive: neither pairs nor a ratio";
  EXPECT_NEAR(none.at("ECE"), 1.25 / 2, 1e-6);
  EXPECT_TRUE(class_scores(Loss::kMse, chances, chances).empty());
  EXPECT_TRUE(class_scores(Loss::kBinaryCrossentropy, chances, make_array({2, 1}, {0, 0.5F})).empty());
  EXPECT_TRUE(class_scores(Loss::kBinaryCrossentropy, make_array({2, 1}, {0, 2}), chances).empty());
  EXPECT_TRUE(class_scores(Loss::kSparseCategoricalCrossentropy, make_array({1, 3}, {0, 0, 1}),
                           make_array({1, 1}, {1}))
                  .empty());
  EXPECT_TRUE(
      class_scores(Loss::kBinaryCrossentropy, make_array({0, 1}, {}), make_array({0, 1}, {})).empty());
}

}  // namespace
}  // namespace akin::nn
