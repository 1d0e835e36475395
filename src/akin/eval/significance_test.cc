#include "akin/eval/significance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

using nlohmann::json;

/// Numbers of SciPy and statsmodels; tests/reference/significance.py made them.
json fixture() {
  std::ifstream file(AKIN_SOURCE_DIR "/tests/reference/significance.json");
  return json::parse(file);
}

Metric metric(std::vector<float> values, std::vector<float> weights = {}) {
  Metric result{.name = "m", .values = std::move(values), .weights = std::move(weights)};
  result.value = mean_of(result);
  return result;
}

/// `n` users whose values are shifted by `shift`, the same noise for every shift but for a tenth of it.
Metric shifted(std::size_t n, double shift, std::uint64_t seed) {
  Rng base(1), own(seed);
  std::vector<float> values(n);
  for (float& x : values) x = static_cast<float>(base.normal() + 0.1 * own.normal() + shift);
  return metric(values);
}

TEST(Significance, AgreesWithSciPy) {
  const json reference = fixture();
  std::size_t exact = 0;
  for (const json& expected : reference["cases"]) {
    const auto weights = expected["weights"].get<std::vector<float>>();
    const Metric a = metric(expected["a"].get<std::vector<float>>(), weights);
    const Metric b = metric(expected["b"].get<std::vector<float>>(), weights);
    const PairedTests tests = compare_pair(a, b, {.permutations = 100'000});
    const std::string name = expected["name"];
    EXPECT_EQ(tests.users, a.values.size()) << name;
    EXPECT_NEAR(tests.difference, expected["difference"].get<double>(), 1e-12) << name;
    EXPECT_NEAR(tests.difference, a.value - b.value, 1e-12) << name;
    EXPECT_NEAR(tests.student_p, expected["student_p"].get<double>(), 1e-10) << name;
    EXPECT_NEAR(tests.wilcoxon_p, expected["wilcoxon_p"].get<double>(), 1e-10) << name;
    const double p = expected["randomization_p"];
    // Both are estimates from 100,000 permutations: four standard deviations of their difference.
    const double tolerance = expected["exact"] ? 1e-12 : 4 * std::sqrt(2 * p * (1 - p) / 1e5) + 2e-5;
    EXPECT_NEAR(tests.randomization_p, p, tolerance) << name;
    exact += expected["exact"] ? 1 : 0;
  }
  EXPECT_GE(exact, 3u);
  EXPECT_GE(reference["cases"].size() - exact, 6u);
}

TEST(Significance, AgreesWithStatsmodelsOnHolm) {
  for (const json& expected : fixture()["corrections"]) {
    const auto p = expected["p"].get<std::vector<double>>();
    const std::vector<double> adjusted = holm(p);
    ASSERT_EQ(adjusted.size(), p.size());
    for (std::size_t i = 0; i < p.size(); ++i)
      EXPECT_NEAR(adjusted[i], expected["holm"][i].get<double>(), 1e-14);
  }
  EXPECT_TRUE(holm({}).empty());
}

TEST(Significance, RandomSignsAgreeWithFlippingEachAlone) {
  // 67 differences: whole words, whole bytes and a rest. One permutation after the other, by the definition.
  constexpr int kPermutations = 997;
  const Metric a = shifted(67, 0.02, 5), b = shifted(67, 0, 6);
  double observed = 0;
  for (std::size_t u = 0; u < 67; ++u) observed += static_cast<double>(a.values[u]) - b.values[u];
  int extreme = 0;
  std::vector<Rng> streams = {Rng(3, 0), Rng(3, 64)};
  for (int permutation = 0; permutation < kPermutations; ++permutation) {
    const std::uint64_t signs[] = {streams[0].next(), streams[1].next()};
    double sum = 0;
    for (std::size_t u = 0; u < 67; ++u) {
      const double d = static_cast<double>(a.values[u]) - b.values[u];
      sum += (signs[u / 64] >> (u % 64)) & 1 ? -d : d;
    }
    if (std::abs(sum) >= std::abs(observed)) ++extreme;
  }
  ASSERT_GT(extreme, 0);
  const PairedTests tests = compare_pair(a, b, {.permutations = kPermutations, .seed = 3});
  EXPECT_DOUBLE_EQ(tests.randomization_p, (1.0 + extreme) / (1 + kPermutations));
}

TEST(Significance, PValuesOfEqualModelsAreUniform) {
  // Two models that differ by chance: each test says p < 0.1 for about a tenth of them.
  int student = 0, wilcoxon = 0, randomization = 0;
  constexpr int kTrials = 400;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const PairedTests tests = compare_pair(shifted(97, 0, 1000 + trial), shifted(97, 0, 5000 + trial),
                                           {.permutations = 499, .seed = trial});
    student += tests.student_p < 0.1 ? 1 : 0;
    wilcoxon += tests.wilcoxon_p < 0.1 ? 1 : 0;
    randomization += tests.randomization_p < 0.1 ? 1 : 0;
  }
  for (const int rejected : {student, wilcoxon, randomization}) {
    EXPECT_GE(rejected, kTrials * 6 / 100);
    EXPECT_LE(rejected, kTrials * 14 / 100);
  }
}

TEST(Significance, EdgeCasesOfAPair) {
  const SignificanceOptions options;
  const auto expect_one = [](const PairedTests& tests) {
    EXPECT_EQ(tests.student_p, 1);
    EXPECT_EQ(tests.wilcoxon_p, 1);
    EXPECT_EQ(tests.randomization_p, 1);
  };
  const Metric same = shifted(101, 0, 1);
  expect_one(compare_pair(same, same, options));
  EXPECT_EQ(compare_pair(same, same, options).changed, 0u);
  expect_one(compare_pair(metric({1}), metric({0}), options));
  EXPECT_EQ(compare_pair(metric({1}), metric({0}), options).difference, 1);
  expect_one(compare_pair(metric({}), metric({}), options));
  expect_one(compare_pair(metric({1, 2}, {0, 0}), metric({0, 0}, {0, 0}), options));
  // One user of weight: the other does not count.
  const PairedTests weighted = compare_pair(metric({1, 9}, {2, 0}), metric({0, 0}, {2, 0}), options);
  EXPECT_EQ(weighted.users, 1u);
  expect_one(weighted);
  // Differences that are all the same: nothing varies, so the t test is certain.
  const PairedTests constant = compare_pair(metric({1, 2, 3}), metric({0, 1, 2}), options);
  EXPECT_EQ(constant.student_p, 0);
  EXPECT_DOUBLE_EQ(constant.randomization_p, 2.0 / 8);
  // Symmetric differences.
  const PairedTests symmetric = compare_pair(metric({1, 0}), metric({0, 1}), options);
  expect_one(symmetric);
  EXPECT_THROW(compare_pair(same, same, {.permutations = 0}), Error);
  EXPECT_THROW(compare_pair(same, same, {.alpha = 1}), Error);
}

TEST(Significance, PairsThatDoNotFitAreABug) {
  EXPECT_THROW(compare_pair(metric({1, 2}), metric({1, 2, 3}), {}), Error);
  EXPECT_THROW(compare_pair(metric({1, 2}, {1, 1}), metric({1, 2}), {}), Error);
  EXPECT_THROW(compare_pair(metric({1, std::nanf("")}), metric({1, 2}), {}), Error);
}

TEST(Significance, TheBestOfSeveral) {
  const Metric low = shifted(499, 0, 1), middle = shifted(499, 0.03, 2), high = shifted(499, 0.06, 3);
  const Metric close = shifted(499, 0.0605, 4);
  Metric unknown = high;
  unknown.value = std::nan("");
  const std::vector<const Metric*> clear = {&low, nullptr, &high, &middle, &unknown};
  const Comparison won = compare_models(clear, {}, {});
  EXPECT_EQ(won.metric, "m");
  EXPECT_EQ(won.best, 2u);
  EXPECT_TRUE(won.significant);
  EXPECT_EQ(won.absent, (std::vector<std::size_t>{1, 4}));
  ASSERT_EQ(won.rivals.size(), 2u);
  EXPECT_EQ(won.rivals[0].model, 0u);
  EXPECT_EQ(won.rivals[1].model, 3u);
  const double p[] = {won.rivals[0].tests->randomization_p, won.rivals[1].tests->randomization_p};
  const std::vector<double> adjusted = holm(p);
  for (std::size_t r = 0; r < 2; ++r) {
    EXPECT_EQ(won.rivals[r].adjusted_p, adjusted[r]);
    EXPECT_LT(won.rivals[r].tests->student_p, 1e-4);
    EXPECT_LT(won.rivals[r].tests->wilcoxon_p, 1e-4);
    EXPECT_NEAR(won.rivals[r].difference, won.rivals[r].tests->difference, 1e-12);
  }
  // Better than one of two is not better than all.
  const Comparison drawn = compare_models(std::vector<const Metric*>{&low, &high, &close}, {}, {});
  EXPECT_FALSE(drawn.significant);
  ASSERT_TRUE(drawn.best);
  EXPECT_NE(*drawn.best, 0u);
}

TEST(Significance, LowerCanBeBetter) {
  std::vector<Metric> metrics = {shifted(499, 1, 1), shifted(499, 0, 2)};
  for (Metric& m : metrics) m.better = Better::kLower;
  const Comparison comparison = compare_models(std::vector<const Metric*>{&metrics[0], &metrics[1]}, {}, {});
  EXPECT_EQ(comparison.best, 1u);
  EXPECT_TRUE(comparison.significant);
  EXPECT_LT(comparison.rivals.at(0).difference, 0);
}

TEST(Significance, EdgeCasesOfSeveral) {
  EXPECT_FALSE(compare_models({}, {}, {}).best);
  EXPECT_FALSE(compare_models(std::vector<const Metric*>{nullptr, nullptr}, {}, {}).best);
  const Metric one = shifted(31, 0, 1);
  const Comparison alone = compare_models(std::vector<const Metric*>{&one}, {}, {});
  EXPECT_EQ(alone.best, 0u);
  EXPECT_FALSE(alone.significant);
  const Comparison twins = compare_models(std::vector<const Metric*>{&one, &one}, {.alpha = 0.999}, {});
  EXPECT_EQ(twins.best, 0u);
  EXPECT_FALSE(twins.significant);
  EXPECT_EQ(twins.rivals.at(0).adjusted_p, 1);
  const Metric half{.name = "coverage", .value = 0.5}, most{.name = "coverage", .value = 0.9};
  const Comparison untested = compare_models(std::vector<const Metric*>{&half, &most}, {}, {});
  EXPECT_EQ(untested.best, 1u);
  EXPECT_FALSE(untested.significant);
  EXPECT_FALSE(untested.rivals.at(0).tests);
  Metric neither = one;
  neither.better = Better::kNeither;
  EXPECT_FALSE(compare_models(std::vector<const Metric*>{&neither, &neither}, {}, {}).best);
}

}  // namespace
}  // namespace akin
