#include "akin/eval/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/matrix.h"

namespace akin {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Users of one float sum; chunks are added up in double precision. Keeps the operands of a product
/// in the L2 cache.
constexpr std::size_t kChunk = 1024;
/// Resamples of one product; a multiple of what the kernel takes at once.
constexpr std::size_t kBlock = 12;

/// How to make a metric's value from the sums of a resample.
struct Estimator {
  Metric* metric;
  double center;                      ///< subtracted from x_u before summing, so that floats are exact enough
  std::size_t numerator;              ///< row with w_u (x_u - center)
  std::optional<std::size_t> weight;  ///< row with w_u; none = all 1
};

/// Metrics over the same users: the rows of all their sums, cut into chunks of users.
struct Group {
  std::size_t n_users = 0;
  std::vector<Estimator> estimators;
  std::vector<std::vector<float>> rows;
  std::vector<Matrix> chunks;  ///< each (rows, users of the chunk)
};

void add_metric(Group& group, Metric& metric) {
  const std::size_t n = metric.values.size();
  AKIN_ASSERT(metric.weights.empty() || metric.weights.size() == n);
  Metric plain{.name = {}, .values = metric.values, .weights = metric.weights};
  const double center = mean_of(plain);
  if (!std::isfinite(center)) return;
  Estimator estimator{.metric = &metric, .center = center, .numerator = group.rows.size(), .weight = {}};
  std::vector<float> row(n);
  for (std::size_t u = 0; u < n; ++u) {
    const double w = metric.weights.empty() ? 1.0 : static_cast<double>(metric.weights[u]);
    row[u] = static_cast<float>(w * (static_cast<double>(metric.values[u]) - center));
  }
  group.rows.push_back(std::move(row));
  if (!metric.weights.empty()) {
    // RMSE, MAE and MSE have the same weights: one row serves them all.
    const auto found = std::ranges::find(group.rows, metric.weights);
    estimator.weight = static_cast<std::size_t>(found - group.rows.begin());
    if (found == group.rows.end()) group.rows.push_back(metric.weights);
  }
  group.estimators.push_back(estimator);
}

void cut(Group& group) {
  for (std::size_t begin = 0; begin < group.n_users; begin += kChunk) {
    const std::size_t users = std::min(kChunk, group.n_users - begin);
    Matrix chunk(group.rows.size(), users);
    for (std::size_t r = 0; r < group.rows.size(); ++r)
      std::copy_n(group.rows[r].begin() + static_cast<std::ptrdiff_t>(begin), users, chunk.row(r));
    group.chunks.push_back(std::move(chunk));
  }
  group.rows.clear();
}

/// Draws n users with replacement and counts how often each was drawn, two draws per 64-bit number: bias
/// below n / 2^32. A user drawn more than 255 times does not happen: the chance is below 1 / 255!.
void draw(std::uint64_t seed, std::size_t resample, std::span<std::uint8_t> counts) {
  Rng rng(seed, resample);
  std::ranges::fill(counts, std::uint8_t{0});
  const std::uint64_t n = counts.size();
  std::uint8_t* count = counts.data();  // bytes alias everything: the pointer keeps the span in registers
  for (std::size_t i = 0; i + 2 <= n; i += 2) {
    const std::uint64_t bits = rng.next();
    ++count[((bits & 0xFFFFFFFF) * n) >> 32];
    ++count[((bits >> 32) * n) >> 32];
  }
  if (n % 2 == 1) ++count[((rng.next() & 0xFFFFFFFF) * n) >> 32];
}

/// What a worker needs for a block of resamples.
struct Scratch {
  std::vector<std::uint8_t> counts;
  std::vector<Matrix> weights;  ///< for whole chunks, and for the last one: (kBlock, users)
  std::vector<float> products;
  std::vector<double> sums;
};

/// sums[r * rows + i] = sum over users of count (resample begin + r) x row i
void sum_block(const Group& group, std::uint64_t seed, std::size_t begin, std::size_t end, Scratch& scratch) {
  const std::size_t n_rows = group.chunks[0].rows();
  if (scratch.counts.empty()) {
    scratch.counts.resize(kBlock * group.n_users);
    scratch.weights.emplace_back(kBlock, group.chunks.front().cols());
    scratch.weights.emplace_back(kBlock, group.chunks.back().cols());
    scratch.products.resize(kBlock * n_rows);
  }
  scratch.sums.assign(kBlock * n_rows, 0);
  for (std::size_t r = begin; r < end; ++r)
    draw(seed, r, std::span(scratch.counts).subspan((r - begin) * group.n_users, group.n_users));
  for (std::size_t c = 0; c < group.chunks.size(); ++c) {
    Matrix& weights = scratch.weights[c + 1 == group.chunks.size() ? 1 : 0];
    for (std::size_t r = 0; r < end - begin; ++r) {
      const std::uint8_t* counts = scratch.counts.data() + r * group.n_users + c * kChunk;
      float* weight = weights.row(r);
      for (std::size_t u = 0; u < weights.cols(); ++u) weight[u] = static_cast<float>(counts[u]);
    }
    multiply(group.chunks[c], 0, n_rows, weights, scratch.products.data(), n_rows);
    for (std::size_t i = 0; i < scratch.sums.size(); ++i)
      scratch.sums[i] += static_cast<double>(scratch.products[i]);
  }
}

double value_of(const Estimator& estimator, std::size_t n_users, const double* sums) {
  const double weight = estimator.weight ? sums[*estimator.weight] : static_cast<double>(n_users);
  if (!(weight > 0)) return kNaN;
  const double mean = estimator.center + sums[estimator.numerator] / weight;
  return estimator.metric->root ? std::sqrt(std::max(0.0, mean)) : mean;
}

/// The q-quantile of ascending values, linear between neighbors; NaN if there are none.
double quantile(std::span<const double> sorted, double q) {
  if (sorted.empty()) return kNaN;
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

void add_intervals(Group& group, const BootstrapOptions& options, const Context& context) {
  cut(group);
  const auto resamples = static_cast<std::size_t>(options.resamples);
  const std::size_t n_rows = group.chunks[0].rows();
  std::vector<std::vector<double>> values(group.estimators.size(), std::vector<double>(resamples));
  std::vector<Scratch> scratch(static_cast<std::size_t>(resolve_threads(context.threads)));
  // Blocks start at multiples of kBlock whatever the threads, so every sum is made in the same order.
  const auto body = [&](std::size_t begin, std::size_t end, int worker) {
    context.check_stop();
    Scratch& mine = scratch[static_cast<std::size_t>(worker)];
    sum_block(group, options.seed, begin, end, mine);
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t e = 0; e < values.size(); ++e)
        values[e][r] = value_of(group.estimators[e], group.n_users, &mine.sums[(r - begin) * n_rows]);
    }
  };
  parallel_for(resamples, context.threads, body, kBlock);
  for (std::size_t e = 0; e < values.size(); ++e) {
    std::erase_if(values[e], [](double value) { return std::isnan(value); });
    std::ranges::sort(values[e]);
    group.estimators[e].metric->low = quantile(values[e], (1 - options.level) / 2);
    group.estimators[e].metric->high = quantile(values[e], (1 + options.level) / 2);
  }
}

}  // namespace

void add_intervals(std::span<Metric> metrics, const BootstrapOptions& options, const Context& context) {
  if (options.resamples < 1) fail(ErrorCode::kUsage, "resamples must be positive, not {}", options.resamples);
  if (!(options.level > 0 && options.level < 1))
    fail(ErrorCode::kUsage, "the level of an interval must be between 0 and 1, not {}", options.level);
  std::map<std::size_t, Group> groups;
  for (Metric& metric : metrics) {
    if (metric.values.size() < 2) continue;
    Group& group = groups[metric.values.size()];
    group.n_users = metric.values.size();
    add_metric(group, metric);
  }
  for (auto& [n_users, group] : groups) {
    if (!group.estimators.empty()) add_intervals(group, options, context);
  }
}

}  // namespace akin
