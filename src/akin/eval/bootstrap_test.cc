#include "akin/eval/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

Metric random_metric(std::size_t users, std::uint64_t seed) {
  Rng rng(seed);
  Metric metric{.name = "m"};
  for (std::size_t u = 0; u < users; ++u) metric.values.push_back(rng.uniform_float());
  return metric;
}

Metric with_weights(Metric metric, std::uint64_t seed) {
  Rng rng(seed);
  for (std::size_t u = 0; u < metric.values.size(); ++u)
    metric.weights.push_back(static_cast<float>(rng.below(7)));
  return metric;
}

/// The header's definition, one user after the other in double precision, with the draws of bootstrap.cc.
std::vector<double> oracle(const Metric& metric, const BootstrapOptions& options) {
  const std::uint64_t n = metric.values.size();
  std::vector<double> values;
  for (int r = 0; r < options.resamples; ++r) {
    Rng rng(options.seed, static_cast<std::uint64_t>(r));
    Metric resample{.name = {}, .root = metric.root};
    std::uint64_t bits = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      bits = i % 2 == 0 ? rng.next() : bits >> 32;
      const std::uint64_t u = ((bits & 0xFFFFFFFF) * n) >> 32;
      resample.values.push_back(metric.values[u]);
      if (!metric.weights.empty()) resample.weights.push_back(metric.weights[u]);
    }
    const double value = mean_of(resample);
    if (!std::isnan(value)) values.push_back(value);
  }
  std::ranges::sort(values);
  return values;
}

double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const double below = std::floor(position);
  const double low = sorted[static_cast<std::size_t>(below)];
  const double high = sorted[static_cast<std::size_t>(std::ceil(position))];
  return low + (position - below) * (high - low);
}

TEST(Bootstrap, AgreesWithDrawingUserAfterUser) {
  for (const std::size_t users : {2u, 3u, 61u, 1024u, 1031u, 2053u}) {
    for (const int resamples : {1, 11, 13, 101}) {
      std::vector<Metric> metrics = {random_metric(users, 1), with_weights(random_metric(users, 2), 9),
                                     with_weights(random_metric(users, 3), 9), random_metric(7, 4)};
      metrics.push_back(with_weights(random_metric(users, 5), 8));
      metrics[2].root = true;
      const BootstrapOptions options{.resamples = resamples, .level = 0.9, .seed = 17};
      add_intervals(metrics, options, {.threads = 2});
      for (const Metric& metric : metrics) {
        const std::vector<double> values = oracle(metric, options);
        ASSERT_FALSE(values.empty());
        EXPECT_NEAR(metric.low, quantile(values, 0.05), 2e-6) << users << " " << resamples;
        EXPECT_NEAR(metric.high, quantile(values, 0.95), 2e-6) << users << " " << resamples;
      }
    }
  }
}

TEST(Bootstrap, SameBitsForAnyThreadsAndNeighbours) {
  const BootstrapOptions options{.resamples = 211};
  std::vector<Metric> alone = {with_weights(random_metric(3001, 1), 2)};
  add_intervals(alone, options, {.threads = 1});
  for (const int threads : {1, 2, 3, 7}) {
    std::vector<Metric> metrics;
    for (std::uint64_t m = 0; m < 6; ++m) metrics.push_back(random_metric(3001, 10 + m));
    metrics.push_back(alone[0]);
    add_intervals(metrics, options, {.threads = threads});
    EXPECT_EQ(metrics[6].low, alone[0].low);
    EXPECT_EQ(metrics[6].high, alone[0].high);
  }
  std::vector<Metric> other_seed = alone;
  add_intervals(other_seed, {.resamples = 211, .seed = 43}, {});
  EXPECT_NE(other_seed[0].low, alone[0].low);
}

TEST(Bootstrap, HoldsTheTrueMeanAsOftenAsItSays) {
  constexpr int kSamples = 400;
  int plain = 0, ratio = 0, root = 0;
  for (std::uint64_t s = 0; s < kSamples; ++s) {
    Rng rng(1999, s);
    std::vector<Metric> metrics(3);
    metrics[2].root = true;
    for (int u = 0; u < 199; ++u) {
      // Users with w events; the mean of a user with many events is larger, so weights matter.
      const double w = 1 + static_cast<double>(rng.below(4));
      const double x = w + rng.normal();
      metrics[0].values.push_back(static_cast<float>(x));
      for (std::size_t m : {1u, 2u}) {
        metrics[m].values.push_back(static_cast<float>(m == 1 ? x : x * x));
        metrics[m].weights.push_back(static_cast<float>(w));
      }
    }
    add_intervals(metrics, {.resamples = 1000, .level = 0.95, .seed = s}, {.threads = 2});
    const auto holds = [&](std::size_t m, double truth) {
      return metrics[m].low <= truth && truth <= metrics[m].high ? 1 : 0;
    };
    plain += holds(0, 2.5);                   // E w
    ratio += holds(1, 7.5 / 2.5);             // E w^2 / E w
    root += holds(2, std::sqrt(27.5 / 2.5));  // E w (w^2 + 1) / E w
  }
  for (const int held : {plain, ratio, root}) {
    EXPECT_GE(held, kSamples * 92 / 100);
    EXPECT_LE(held, kSamples * 98 / 100);
  }
}

TEST(Bootstrap, EdgeCases) {
  Metric none{.name = "coverage", .value = 0.5};
  Metric one{.name = "one user", .values = {0.5f}};
  Metric same{.name = "all the same", .values = std::vector<float>(101, 0.3f)};
  Metric nan{.name = "nan", .values = {0.5f, std::numeric_limits<float>::quiet_NaN(), 0.25f}};
  Metric weightless{.name = "no weight", .values = {1, 2, 3}, .weights = {0, 0, 0}};
  // One user of three has all the weight: resamples without them have no value.
  Metric lone{.name = "lone", .values = {1, 2, 3}, .weights = {0, 5, 0}};
  std::vector<Metric> metrics = {none, one, same, nan, weightless, lone};
  add_intervals(metrics, {}, {});
  for (const std::size_t m : {0u, 1u, 3u, 4u}) {
    EXPECT_TRUE(std::isnan(metrics[m].low)) << metrics[m].name;
    EXPECT_TRUE(std::isnan(metrics[m].high)) << metrics[m].name;
  }
  EXPECT_EQ(metrics[2].low, static_cast<double>(0.3f));
  EXPECT_EQ(metrics[2].high, static_cast<double>(0.3f));
  EXPECT_EQ(metrics[5].low, 2);
  EXPECT_EQ(metrics[5].high, 2);
  add_intervals({}, {}, {});
}

TEST(Bootstrap, RefusesWrongOptionsAndStops) {
  std::vector<Metric> metrics = {random_metric(31, 1)};
  EXPECT_THROW(add_intervals(metrics, {.resamples = 0}, {}), Error);
  for (const double level : {0.0, 1.0, -1.0, std::nan("")})
    EXPECT_THROW(add_intervals(metrics, {.level = level}, {}), Error);
  std::stop_source source;
  source.request_stop();
  try {
    add_intervals(metrics, {}, {.stop = source.get_token()});
    FAIL() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace akin
