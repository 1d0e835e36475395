#include "akin/nets/sequence/candidates.h"

#include <gtest/gtest.h>

#include <set>

namespace akin {
namespace {

const std::vector<std::uint32_t> kCounts = {1, 8, 0, 27, 64, 2, 3, 5};

TEST(Candidates, TargetsComeFirstAndEachItemOnce) {
  Candidates candidates({.negatives = 40, .power = 1, .logq = 0}, kCounts, 1);
  const std::vector<idx_t> targets = {4, 1, 4, 6};
  candidates.draw(targets, 0);
  EXPECT_EQ(candidates.target_rows(), 3u);
  EXPECT_EQ(candidates.items()[0], 4u);
  EXPECT_EQ(candidates.items()[2], 6u);
  EXPECT_EQ(std::vector<std::int32_t>(candidates.own(), candidates.own() + 5),
            (std::vector<std::int32_t>{0, 1, 0, 2, -1}));
  const std::set<idx_t> different(candidates.items().begin(), candidates.items().end());
  EXPECT_EQ(different.size(), candidates.size());
  EXPECT_FALSE(different.contains(2)) << "nobody has it";
  float weights = 0;
  for (std::size_t row = 0; row < candidates.size(); ++row) {
    weights += candidates.weights()[row];
    EXPECT_EQ(candidates.row_of(candidates.items()[row]), static_cast<std::int32_t>(row));
  }
  EXPECT_EQ(weights, 44) << "without correction the weight is the number of draws";
}

TEST(Candidates, NegativesBesideTheTargetsAreDrawnInProportionToAPowerOfTheCount) {
  for (const double power : {0.0, 1.0 / 3, 1.0}) {
    Candidates candidates({.negatives = 1000, .power = static_cast<float>(power), .logq = 0}, kCounts, 1);
    std::vector<double> drawn(kCounts.size(), 0);
    for (std::uint64_t step = 0; step < 100; ++step) {
      candidates.draw({}, step);
      for (std::size_t row = 0; row < candidates.size(); ++row)
        drawn[candidates.items()[row]] += static_cast<double>(candidates.weights()[row]);
    }
    double sum = 0;
    for (const std::uint32_t count : kCounts) sum += count > 0 ? std::pow(count, power) : 0;
    for (std::size_t i = 0; i < kCounts.size(); ++i)
      EXPECT_NEAR(drawn[i] / 1e5, kCounts[i] > 0 ? std::pow(kCounts[i], power) / sum : 0, 0.01) << i;
  }
}

TEST(Candidates, CorrectedWeightsSumToTheNumberOfItems) {
  Candidates candidates({.negatives = 6, .power = 0.5f, .logq = 1}, kCounts, 1);
  // Targets as they come: in proportion to their counts.
  std::vector<idx_t> events;
  for (idx_t i = 0; i < kCounts.size(); ++i) events.insert(events.end(), kCounts[i], i);
  Rng rng(2);
  std::vector<double> sums(kCounts.size(), 0);
  constexpr std::uint64_t kSteps = 20000;
  for (std::uint64_t step = 0; step < kSteps; ++step) {
    std::vector<idx_t> targets(4);
    for (idx_t& target : targets) target = events[rng.below(events.size())];
    candidates.draw(targets, step);
    for (std::size_t row = 0; row < candidates.size(); ++row)
      sums[candidates.items()[row]] += static_cast<double>(candidates.weights()[row]);
  }
  for (std::size_t i = 0; i < kCounts.size(); ++i)
    EXPECT_NEAR(sums[i] / kSteps, kCounts[i] > 0 ? 1 : 0, 0.05) << "item " << i;
}

TEST(InputRows, FindsTheSlotsOfEachInput) {
  InputRows rows(10);
  for (int again = 0; again < 2; ++again) {
    const std::vector<idx_t> inputs = {7, 3, 7, 7, 1};
    rows.find(inputs);
    EXPECT_EQ(std::vector<idx_t>(rows.items().begin(), rows.items().end()), (std::vector<idx_t>{7, 3, 1}));
    EXPECT_EQ(rows.first_of(7), 0);
    EXPECT_EQ(rows.after(0), 2);
    EXPECT_EQ(rows.after(2), 3);
    EXPECT_EQ(rows.after(3), -1);
    EXPECT_EQ(rows.first_of(2), -1);
  }
}

}  // namespace
}  // namespace akin
