#include "akin/nn/part_gradient.h"

#include <gtest/gtest.h>

#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"

namespace akin::nn {
namespace {

constexpr std::size_t kDense = 11;

/// Numbers whose sum depends on the order.
PartGradient made_part(std::size_t part) {
  Rng rng(3, part);
  PartGradient gradient;
  gradient.result = {rng.uniform(), {rng.uniform()}};
  for (std::size_t i = 0; i < kDense; ++i) gradient.dense.push_back(static_cast<float>(rng.normal()));
  gradient.tables.resize(2);
  const auto n = static_cast<std::int32_t>(part % 4);  // parts without rows too
  for (std::int32_t r = 0; r < n; ++r) {
    gradient.tables[1].rows.push_back(7 - r * static_cast<std::int32_t>(part));
    for (int c = 0; c < 3; ++c) gradient.tables[1].values.push_back(static_cast<float>(rng.normal()));
  }
  return gradient;
}

void expect_same(const PartGradient& a, const PartGradient& b) {
  EXPECT_EQ(a.result.loss, b.result.loss);
  EXPECT_EQ(a.result.metrics, b.result.metrics);
  EXPECT_EQ(a.dense, b.dense);
  ASSERT_EQ(a.tables.size(), b.tables.size());
  for (std::size_t t = 0; t < a.tables.size(); ++t) {
    EXPECT_EQ(a.tables[t].rows, b.tables[t].rows);
    EXPECT_EQ(a.tables[t].values, b.tables[t].values);
  }
}

TEST(PartGradient, SumsAreByElementAndByRow) {
  PartGradient sum{{1, {2}}, {1, 2}, {{{4, 5}, {1, 1, 2, 2}}}};
  add_part(sum, {{10, {20}}, {10, 20}, {{{9, 4}, {3, 3, 10, 20}}}});
  expect_same(sum, {{11, {22}}, {11, 22}, {{{4, 5, 9}, {11, 21, 2, 2, 3, 3}}}});
}

TEST(PartGradient, SameBitsAtAnyNumberOfRanks) {
  for (const std::size_t parts : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const PartGradient one = sum_of_parts(alone(), parts, made_part);
    for (const int size : {2, 3, 5}) {  // the last has more ranks than some steps have parts
      on_ranks(size,
               [&](const Communicator& ranks) { expect_same(sum_of_parts(ranks, parts, made_part), one); });
    }
  }
}

}  // namespace
}  // namespace akin::nn
