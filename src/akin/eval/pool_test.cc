#include <gtest/gtest.h>

#include <cmath>

#include "akin/eval/small_dataset_for_test.h"

namespace akin {
namespace {

TEST(Pool, MeansAreOverTheUsersOfAllParts) {
  const std::vector<std::vector<float>> table(3, {5, 4, 3, 2});
  const TableModel model(Kind::kScores, table);
  const std::vector<Event> train = {event(0, 3, 1), event(1, 3, 5), event(2, 3, 3)};
  // Two users in one part, one in the other; errors 1, 1 and 2.
  const SmallDataset a(3, 4, train, {event(0, 0, 4), event(1, 1, 3)}), b(3, 4, train, {event(2, 2, 1)});
  const EvaluateOptions options{.cutoffs = {1}};
  const Traits traits{.predicts_ratings = true};
  const Evaluation one = a.evaluate(model, options, 1, traits), other = b.evaluate(model, options, 1, traits);
  EXPECT_EQ(one.value("HR@1"), 0.5);
  EXPECT_EQ(other.value("HR@1"), 0);
  const Evaluation all = pool({one, other}, options, {});
  EXPECT_NEAR(all.value("HR@1"), 1.0 / 3, 1e-12);
  EXPECT_NEAR(all.value("RMSE"), std::sqrt((1 + 1 + 4) / 3.0), 1e-12);
  EXPECT_NEAR(all.value("MAE"), 4 / 3.0, 1e-12);
  EXPECT_EQ(all.value("coverage@1"), (one.value("coverage@1") + other.value("coverage@1")) / 2);
  EXPECT_EQ(all.users, 3U);
  EXPECT_EQ(find_metric(all.metrics, "RMSE")->values.size(), 3U);
  EXPECT_EQ(all.bins.back().held_out + all.bins.front().held_out, 3U + (all.bins.size() == 1 ? 3U : 0U));
  EXPECT_TRUE(all.protocol.starts_with("2 splits pooled; all 4 items"));
  const Metric* hr = find_metric(all.metrics, "HR@1");
  EXPECT_LE(hr->low, hr->value);
  EXPECT_GE(hr->high, hr->value);
}

}  // namespace
}  // namespace akin
