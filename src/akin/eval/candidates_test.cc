#include "akin/eval/candidates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/eval/small_dataset_for_test.h"

namespace akin {
namespace {

using SpecKind = CandidateSpec::Kind;

TEST(Candidates, TextForms) {
  EXPECT_EQ(parse_candidates("", 1).kind, SpecKind::kDefault);
  EXPECT_EQ(parse_candidates("all", 1).kind, SpecKind::kAll);
  EXPECT_EQ(parse_candidates("uniform:99", 1).kind, SpecKind::kUniform);
  EXPECT_EQ(parse_candidates("uniform:99", 1).count, 99U);
  EXPECT_EQ(parse_candidates("popularity:7", 3).kind, SpecKind::kPopularity);
  EXPECT_EQ(parse_candidates("popularity:7", 3).seed, 3U);
  for (const char* const wrong :
       {"some", "uniform", "uniform:", "uniform:0", "uniform:x", "uniform:9x", ":9"}) {
    EXPECT_THROW(parse_candidates(wrong, 1), Error) << wrong;
  }
}

TEST(Candidates, AreDistinctUnknownAndTheSameEveryTime) {
  std::vector<float> popularity(101);
  for (std::size_t i = 0; i < popularity.size(); ++i) popularity[i] = static_cast<float>(i % 13);
  const std::vector<idx_t> known = {0, 3, 50, 100}, held_out = {7, 99};
  for (const SpecKind kind : {SpecKind::kUniform, SpecKind::kPopularity}) {
    const CandidateSampler sampler({kind, 23, 5}, popularity);
    for (std::uint64_t list = 0; list < 31; ++list) {
      const std::vector<idx_t> drawn = sampler.draw(list, known, held_out);
      EXPECT_EQ(drawn.size(), 23U);
      EXPECT_TRUE(std::ranges::is_sorted(drawn));
      EXPECT_EQ(std::ranges::adjacent_find(drawn), drawn.end());
      for (const idx_t item : drawn) {
        EXPECT_FALSE(std::ranges::binary_search(known, item));
        EXPECT_FALSE(std::ranges::binary_search(held_out, item));
        EXPECT_TRUE(kind == SpecKind::kUniform || popularity[item] > 0);
      }
      EXPECT_EQ(drawn, sampler.draw(list, known, held_out));
    }
    EXPECT_NE(sampler.draw(0, known, held_out), sampler.draw(1, known, held_out));
    EXPECT_NE(sampler.draw(0, known, held_out),
              CandidateSampler({kind, 23, 6}, popularity).draw(0, known, held_out));
  }
}

TEST(Candidates, TakeAllThereAre) {
  const std::vector<float> popularity = {5, 0, 1, 0, 0, 2, 3};
  const std::vector<idx_t> known = {0}, held_out = {6};
  const std::vector<idx_t> rest = {1, 2, 3, 4, 5};
  for (const SpecKind kind : {SpecKind::kUniform, SpecKind::kPopularity}) {
    EXPECT_EQ(CandidateSampler({kind, 5, 1}, popularity).draw(0, known, held_out), rest);
    EXPECT_EQ(CandidateSampler({kind, 1000, 1}, popularity).draw(0, known, held_out), rest);
    constexpr auto kMost = std::numeric_limits<std::size_t>::max();
    EXPECT_EQ(CandidateSampler({kind, kMost, 1}, popularity).draw(0, known, held_out), rest);
  }
  EXPECT_EQ(CandidateSampler({SpecKind::kPopularity, 2, 1}, popularity).draw(0, known, held_out),
            (std::vector<idx_t>{2, 5}))
      << "those with events first";
  const std::vector<float> nothing(3, 0.0F);
  EXPECT_EQ(CandidateSampler({SpecKind::kPopularity, 2, 1}, nothing).draw(0, {}, {}),
            (std::vector<idx_t>{0, 1}));
}

TEST(Candidates, FollowTheirDistribution) {
  const std::vector<float> popularity = {1, 2, 3, 4};
  constexpr std::uint64_t kLists = 20011;
  for (const SpecKind kind : {SpecKind::kUniform, SpecKind::kPopularity}) {
    const CandidateSampler sampler({kind, 1, 9}, popularity);
    std::vector<double> counts(4, 0);
    for (std::uint64_t list = 0; list < kLists; ++list) ++counts[sampler.draw(list, {}, {})[0]];
    for (std::size_t i = 0; i < 4; ++i) {
      const double p = kind == SpecKind::kUniform ? 0.25 : static_cast<double>(popularity[i]) / 10;
      const double sigma = std::sqrt(kLists * p * (1 - p));
      EXPECT_NEAR(counts[i], kLists * p, 4 * sigma) << i;
    }
  }
}

TEST(Candidates, OnlyTheyAreRanked) {
  // The held-out item is the worst of 101: at rank 100 of all, but within the first 4 of 3 + 1.
  const SmallDataset dataset(1, 101, {event(0, 0)}, {event(0, 100)});
  std::vector<float> scores(101);
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = 100 - static_cast<float>(i);
  for (const Kind kind : kKinds) {
    const TableModel model(kind, {scores});
    EvaluateOptions options{.cutoffs = {3, 4}, .candidates = parse_candidates("uniform:3", 1)};
    Evaluation e = dataset.evaluate(model, options);
    EXPECT_EQ(e.value("HR@3"), 0);
    EXPECT_EQ(e.value("HR@4"), 1);
    EXPECT_EQ(e.protocol, "held-out items ranked against 3 sampled negatives per list (uniform)");
    options.candidates = parse_candidates("all", 1);
    e = dataset.evaluate(model, options);
    EXPECT_EQ(e.value("HR@4"), 0);
  }
}

TEST(Candidates, AllOverridesThoseOfTheFiles) {
  SmallDataset dataset(1, 5, {event(0, 4)}, {event(0, 0)});
  dataset.data.candidates.cols = 5;
  dataset.data.candidates.offsets = {0, 1};
  dataset.data.candidates.indices = {3};
  dataset.data.candidates.values = {1};
  const TableModel model(Kind::kScores, {{2, 9, 9, 1, 0}});
  EXPECT_EQ(dataset.evaluate(model, EvaluateOptions{.cutoffs = {1}}).value("HR@1"), 1);
  EXPECT_EQ(dataset.evaluate(model, EvaluateOptions{.cutoffs = {1}, .candidates = parse_candidates("all", 1)})
                .value("HR@1"),
            0);
}

}  // namespace
}  // namespace akin
