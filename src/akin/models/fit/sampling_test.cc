#include "akin/models/fit/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "akin/base/rng.h"

namespace akin {
namespace {

/// User u has the items whose number is a multiple of u + 1, for users 0..6 of 101 items.
Csr multiples() {
  Csr matrix;
  matrix.cols = 101;
  for (idx_t u = 0; u < 7; ++u) {
    for (idx_t i = 0; i < 101; i += u + 1) {
      matrix.indices.push_back(i);
      matrix.values.push_back(1);
    }
    matrix.offsets.push_back(matrix.indices.size());
  }
  return matrix;
}

NegativeSampler sampler_over(const Csr& matrix, std::span<const idx_t> pool, std::uint64_t salt = 1,
                             std::span<const float> weights = {}) {
  NegativeSampler sampler(matrix, weights);
  sampler.start(pool, matrix.entries(), salt);
  for (idx_t u = 0; u < matrix.rows(); ++u) {
    for (const idx_t item : matrix.cols_of(u)) {
      if (std::ranges::count(pool, item)) sampler.add(u, item);
    }
  }
  return sampler;
}

TEST(NegativeSampler, DrawsUniformlyFromWhatTheUserDoesNotHave) {
  const Csr matrix = multiples();
  std::vector<idx_t> pool;
  for (idx_t i = 100; i >= 30; --i) pool.push_back(i);
  constexpr int kDraws = 20000;
  std::vector<std::vector<int>> all_counts(7, std::vector<int>(101));
  Rng rng(1);
  for (int start = 0; start < kDraws / 4; ++start) {  // few draws each: what a start leaves out is its own
    const NegativeSampler sampler = sampler_over(matrix, pool, rng.next());
    for (idx_t user = 1; user < 7; ++user) {
      const std::vector<idx_t> users(3, user);
      std::vector<idx_t> drawn(2 * users.size(), 7);
      sampler.draw_each(users, 2, rng, drawn.data());
      for (std::size_t k = 0; k < users.size(); ++k) {
        ++all_counts[user][drawn[2 * k]];
        ASSERT_EQ(drawn[2 * k + 1], 7u) << "between the draws";
      }
      ++all_counts[user][sampler.draw(user, rng).value()];
    }
  }
  for (idx_t user = 1; user < 7; ++user) {
    const std::vector<int>& counts = all_counts[user];
    double negatives = 0, chi_square = 0;
    for (idx_t i = 30; i < 101; ++i) negatives += i % (user + 1) != 0;
    for (idx_t i = 0; i < 101; ++i) {
      const bool allowed = i >= 30 && i % (user + 1) != 0;
      if (!allowed) {
        ASSERT_EQ(counts[i], 0) << user << ", " << i;
        continue;
      }
      const double expected = kDraws / negatives;
      chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(chi_square, negatives + 5 * std::sqrt(2 * negatives));  // 5 standard deviations
  }
}

TEST(NegativeSampler, DrawsInProportionToWeights) {
  const Csr matrix = multiples();
  std::vector<float> weights(101);
  for (idx_t i = 0; i < 101; ++i) weights[i] = i % 5 == 0 ? 0.0f : static_cast<float>(i);
  std::vector<idx_t> pool;
  for (idx_t i = 1; i < 40; ++i) pool.push_back(i);
  std::vector<int> counts(101);
  constexpr int kDraws = 20000;
  Rng rng(1);
  for (int k = 0; k < kDraws; ++k)
    ++counts[sampler_over(matrix, pool, rng.next(), weights).draw(1, rng).value()];
  double total = 0, chi_square = 0, free = 0;
  for (const idx_t i : pool) total += i % 2 == 0 ? 0 : double{weights[i]};
  for (idx_t i = 0; i < 101; ++i) {
    const double expected = i == 0 || i >= 40 || i % 2 == 0 ? 0 : kDraws * double{weights[i]} / total;
    if (expected == 0) {
      ASSERT_EQ(counts[i], 0) << i;
      continue;
    }
    chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    ++free;
  }
  EXPECT_LT(chi_square, free + 5 * std::sqrt(2 * free));
  const std::vector<idx_t> unwanted = {5, 25};
  EXPECT_TRUE(sampler_over(matrix, unwanted, 3, weights).draw(3, rng).has_value()) << "all weights are zero";
}

TEST(NegativeSampler, GivesUpOnUsersWhoHaveEverything) {
  const Csr matrix = multiples();
  const std::vector<idx_t> pool = {3, 5, 7};
  const NegativeSampler sampler = sampler_over(matrix, pool);
  Rng rng(1);
  EXPECT_FALSE(sampler.draw(0, rng).has_value());
  EXPECT_TRUE(sampler.draw(1, rng).has_value());
  std::vector<idx_t> drawn(1);
  sampler.draw_each(std::vector<idx_t>{0}, 1, rng, drawn.data());
  EXPECT_EQ(drawn[0], NegativeSampler::kNone);
}

/// The hash may call any of a user's negatives a positive, but another one in each start.
TEST(NegativeSampler, LeavesOutFewForNothing) {
  const Csr matrix = multiples();
  std::vector<idx_t> pool;
  for (idx_t i = 0; i < 101; ++i) pool.push_back(i);
  int missing = 0;
  Rng rng(2);
  for (std::uint64_t salt = 0; salt < 40; ++salt) {
    const NegativeSampler sampler = sampler_over(matrix, pool, salt);
    std::set<idx_t> seen;
    for (int k = 0; k < 2000; ++k) seen.insert(sampler.draw(6, rng).value());
    missing += 86 - static_cast<int>(seen.size());  // 15 of 101 are multiples of 7
  }
  EXPECT_LT(missing, 40 * 86 / 16);
}

TEST(NegativeSampler, StartsOver) {
  const Csr matrix = multiples();
  NegativeSampler sampler = sampler_over(matrix, std::vector<idx_t>{0});
  const std::vector<idx_t> pool = {2, 3};
  sampler.start(pool, 10, 2);
  sampler.add(1, 2);
  Rng rng(1);
  for (int k = 0; k < 20; ++k) EXPECT_EQ(sampler.draw(1, rng), 3u);
}

TEST(RemainingSample, RenumbersWhoStaysAndFillsTheGaps) {
  const std::vector<idx_t> sample = {4, 1, 4, 0, 2, 1, 3}, kept = {1, 2, 4};
  const RemainingSample remaining = remaining_sample(sample, kept);
  EXPECT_EQ(remaining.drawn.size(), sample.size());
  EXPECT_DOUBLE_EQ(remaining.share, 5.0 / 7);
  for (std::size_t k = 0; k < sample.size(); ++k) {
    const bool stays = std::ranges::binary_search(kept, sample[k]);
    if (stays) {
      EXPECT_EQ(remaining.drawn[k], k);
    }
    EXPECT_EQ(kept.at(remaining.users[k]), sample[remaining.drawn[k]]) << "place " << k;
  }
}

TEST(RemainingSample, NobodyIsLeft) {
  const std::vector<idx_t> sample = {3, 3}, kept = {1, 2};
  const RemainingSample remaining = remaining_sample(sample, kept);
  EXPECT_EQ(remaining.share, 0);
  EXPECT_EQ(remaining.users, (std::vector<idx_t>{0, 0}));
  EXPECT_EQ(remaining_sample({}, kept).share, 0);
}

}  // namespace
}  // namespace akin
