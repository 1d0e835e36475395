#include "akin/linalg/topk.h"

#include <gtest/gtest.h>

#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kLowest = -std::numeric_limits<float>::infinity();

/// Sorting by anything else than an order reads past the end.
TEST(RanksBefore, IsAnOrderOfAnyScores) {
  std::vector<Scored> scores;
  Rng rng(3);
  for (idx_t i = 0; i < 997; ++i) {
    const std::uint64_t kind = rng.below(4);
    scores.push_back({i, kind == 0 ? kNaN : kind == 1 ? kLowest : static_cast<float>(rng.below(7))});
  }
  rng.shuffle(std::span(scores));
  std::ranges::sort(scores, ranks_before);
  for (std::size_t i = 0; i + 1 < scores.size(); ++i) {
    const auto number = [](const Scored& s) { return s.score == s.score ? s.score : kLowest; };
    EXPECT_GE(number(scores[i]), number(scores[i + 1]));
    if (number(scores[i]) == number(scores[i + 1])) EXPECT_LT(scores[i].idx, scores[i + 1].idx);
  }
}

TEST(RanksBefore, NotANumberIsTheLowest) {
  EXPECT_TRUE(ranks_before({9, -1e30f}, {0, kNaN}));
  EXPECT_FALSE(ranks_before({0, kNaN}, {9, -1e30f}));
  EXPECT_TRUE(ranks_before({0, kNaN}, {1, kLowest}));
  EXPECT_TRUE(ranks_before({0, kLowest}, {1, kNaN}));
  EXPECT_FALSE(ranks_before({1, kNaN}, {1, kNaN}));
}

}  // namespace
}  // namespace akin
