#include "akin/models/fit/alias_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

TEST(AliasTable, DrawsInProportionToTheWeights) {
  const std::vector<double> weights = {0, 3, 0.5, 0, 7, 1, 1e-12};
  const AliasTable table(weights);
  constexpr int kDraws = 200'003;
  std::vector<int> counts(weights.size());
  Rng rng(7);
  for (int d = 0; d < kDraws; ++d) ++counts[table.draw(rng)];
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double p = weights[i] / 11.5;
    EXPECT_NEAR(counts[i], kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)) + 1e-3) << i;
  }
}

TEST(AliasTable, HandlesOneAndEqualWeights) {
  Rng rng(1);
  const AliasTable one(std::vector<double>{0.25});
  for (int d = 0; d < 100; ++d) EXPECT_EQ(one.draw(rng), 0u);
  const AliasTable equal(std::vector<double>(13, 0.1));
  std::vector<int> counts(13);
  for (int d = 0; d < 13'000; ++d) ++counts[equal.draw(rng)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 160);
}

TEST(AliasTable, RefusesWhatIsNoDistribution) {
  EXPECT_THROW(AliasTable(std::vector<double>{}), Error);
  EXPECT_THROW(AliasTable(std::vector<double>{0, 0}), Error);
  EXPECT_THROW(AliasTable(std::vector<double>{1, -0.5}), Error);
  EXPECT_THROW(AliasTable(std::vector<double>{1, std::nan("")}), Error);
}

}  // namespace
}  // namespace akin
