#include "akin/linalg/nth_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "akin/base/rng.h"

namespace akin {
namespace {

TEST(NthValue, IsThatOfASort) {
  std::vector<float> many;
  Rng rng(3);
  for (int k = 0; k < 1009; ++k) many.push_back(static_cast<float>(3 * rng.normal()));
  for (int k = 0; k < 211; ++k) many.push_back(0.5f * static_cast<float>(rng.below(7)));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (std::vector<float> values :
       {many, {2.5f}, {1, 1, 1}, {kInfinity, -1e-40f, 0, 1e-40f, -kInfinity, -3}}) {
    const std::vector<float> given = values;
    std::ranges::sort(values);
    for (std::size_t rank = 0; rank < values.size(); rank += 1 + values.size() / 11) {
      for (const int threads : {1, 3}) EXPECT_EQ(nth_value(given, rank, threads), values[rank]) << rank;
    }
  }
}

}  // namespace
}  // namespace akin
