#include "akin/models/sampling.h"

#include <gtest/gtest.h>

#include <cmath>

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

NegativeSampler sampler_over(const Csr& matrix, std::span<const idx_t> pool) {
  NegativeSampler sampler(matrix);
  sampler.start(pool, matrix.entries());
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
  const NegativeSampler sampler = sampler_over(matrix, pool);
  Rng rng(1);
  for (idx_t user = 1; user < 7; ++user) {
    std::vector<int> counts(101);
    constexpr int kDraws = 20000;
    for (int k = 0; k < kDraws; ++k) ++counts[sampler.draw(user, rng).value()];
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
  NegativeSampler sampler(matrix, weights);
  sampler.start(pool, matrix.entries());
  for (const idx_t item : matrix.cols_of(1)) sampler.add(1, item);
  std::vector<int> counts(101);
  constexpr int kDraws = 20000;
  Rng rng(1);
  for (int k = 0; k < kDraws; ++k) ++counts[sampler.draw(1, rng).value()];
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
  sampler.start(unwanted, 0);
  EXPECT_TRUE(sampler.draw(3, rng).has_value()) << "all weights are zero";
}

TEST(NegativeSampler, GivesUpOnUsersWhoHaveEverything) {
  const Csr matrix = multiples();
  const std::vector<idx_t> pool = {3, 5, 7};
  const NegativeSampler sampler = sampler_over(matrix, pool);
  Rng rng(1);
  EXPECT_FALSE(sampler.draw(0, rng).has_value());
  EXPECT_TRUE(sampler.draw(1, rng).has_value());
}

TEST(NegativeSampler, StartsOver) {
  const Csr matrix = multiples();
  NegativeSampler sampler = sampler_over(matrix, std::vector<idx_t>{0});
  const std::vector<idx_t> pool = {2, 3};
  sampler.start(pool, 10);
  sampler.add(1, 2);
  Rng rng(1);
  for (int k = 0; k < 20; ++k) EXPECT_EQ(sampler.draw(1, rng), 3u);
}

}  // namespace
}  // namespace akin
