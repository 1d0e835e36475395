#include "akin/eval/significance.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

/// Up to this many differences all sign patterns are tried.
constexpr std::size_t kExact = 16;
/// Sums with other signs that are this close to the observed one (relative to the sum of all |d|) are equal
/// to it: they differ by rounding.
constexpr double kRounding = 1e-12;

double student_p(std::span<const double> differences) {
  const auto n = static_cast<double>(differences.size());
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
  double squares = 0;
  for (const double d : differences) squares += (d - mean) * (d - mean);
  const double error = std::sqrt(squares / (n - 1) / n);
  if (error == 0) return mean == 0 ? 1 : 0;
  const boost::math::students_t distribution(n - 1);
  return 2 * cdf(complement(distribution, std::abs(mean) / error));
}

/// `changed`: the differences that are not 0.
double wilcoxon_p(std::span<const double> changed) {
  const auto n = static_cast<double>(changed.size());
  std::vector<double> sorted(changed.begin(), changed.end());
  std::ranges::sort(sorted, {}, [](double d) { return std::abs(d); });
  double positive = 0, ties = 0;  // sum of the ranks of positive differences; sum of t^3 - t
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    double positive_here = 0;
    do {
      if (sorted[end++] > 0) ++positive_here;
    } while (end < sorted.size() && std::abs(sorted[end]) <= std::abs(sorted[end - 1]) * (1 + 1e-6));
    const auto tied = static_cast<double>(end - begin);
    positive += positive_here * (static_cast<double>(begin) + (tied + 1) / 2);
    ties += tied * tied * tied - tied;
  }
  const double mean = n * (n + 1) / 4;
  const double deviation = std::sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
  const double z = std::max(0.0, std::abs(positive - mean) - 0.5) / deviation;
  return 2 * cdf(complement(boost::math::normal(), z));
}

/// Share of the 2^n sign patterns whose |sum| is at least `limit`.
double exact_p(std::span<const double> changed, double limit) {
  const std::uint32_t patterns = std::uint32_t{1} << changed.size();
  std::uint32_t extreme = 0;
  for (std::uint32_t pattern = 0; pattern < patterns; ++pattern) {
    double sum = 0;
    for (std::size_t i = 0; i < changed.size(); ++i) sum += (pattern >> i) & 1 ? -changed[i] : changed[i];
    if (std::abs(sum) >= limit) ++extreme;
  }
  return static_cast<double>(extreme) / patterns;
}

/// The sums of eight differences with all 256 patterns of signs, bit set = minus.
using SignedSums = std::array<double, 256>;

SignedSums signed_sums(std::span<const double> eight) {
  SignedSums sums{};
  for (const double d : eight) sums[0] += d;
  // Each pattern from the one without its lowest bit.
  for (std::size_t pattern = 1; pattern < sums.size(); ++pattern) {
    const auto bit = static_cast<std::size_t>(__builtin_ctzll(pattern));
    sums[pattern] = sums[pattern & (pattern - 1)] - (bit < eight.size() ? 2 * eight[bit] : 0);
  }
  return sums;
}

/// Takes 64 differences at a time, for all permutations: one random number gives their signs, and each of its
/// bytes picks the sum of eight of them from a table that stays in the L1 cache.
double random_p(std::span<const double> changed, double limit, const SignificanceOptions& options) {
  std::vector<double> sums(static_cast<std::size_t>(options.permutations));
  std::array<SignedSums, 8> tables;
  for (std::size_t begin = 0; begin < changed.size(); begin += 64) {
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const std::size_t first = std::min(changed.size(), begin + 8 * t);
      tables[t] = signed_sums(changed.subspan(first, std::min<std::size_t>(8, changed.size() - first)));
    }
    Rng rng(options.seed, begin);
    for (double& sum : sums) {
      const std::uint64_t signs = rng.next();
      double here[8];
      for (std::size_t t = 0; t < tables.size(); ++t) here[t] = tables[t][(signs >> (8 * t)) & 0xFF];
      sum += ((here[0] + here[1]) + (here[2] + here[3])) + ((here[4] + here[5]) + (here[6] + here[7]));
    }
  }
  const auto extreme = std::ranges::count_if(sums, [&](double sum) { return std::abs(sum) >= limit; });
  return (1 + static_cast<double>(extreme)) / (1 + static_cast<double>(options.permutations));
}

double randomization_p(std::span<const double> changed, const SignificanceOptions& options) {
  double sum = 0, size = 0;
  for (const double d : changed) {
    sum += d;
    size += std::abs(d);
  }
  const double limit = std::abs(sum) - kRounding * size;
  return changed.size() <= kExact ? exact_p(changed, limit) : random_p(changed, limit, options);
}

void check(const SignificanceOptions& options) {
  if (options.permutations < 1)
    fail(ErrorCode::kUsage, "permutations must be positive, not {}", options.permutations);
  if (!(options.alpha > 0 && options.alpha < 1))
    fail(ErrorCode::kUsage, "alpha must be between 0 and 1, not {}", options.alpha);
}

}  // namespace

PairedTests compare_pair(const Metric& a, const Metric& b, const SignificanceOptions& options) {
  check(options);
  AKIN_ASSERT(a.values.size() == b.values.size());
  AKIN_ASSERT(a.weights == b.weights);
  AKIN_ASSERT(a.weights.empty() || a.weights.size() == a.values.size());
  std::vector<double> differences;
  double weights = 0, sum = 0;
  for (std::size_t u = 0; u < a.values.size(); ++u) {
    const double w = a.weights.empty() ? 1.0 : static_cast<double>(a.weights[u]);
    if (!(w > 0)) continue;
    differences.push_back(w * (static_cast<double>(a.values[u]) - static_cast<double>(b.values[u])));
    AKIN_ASSERT(std::isfinite(differences.back()));
    weights += w;
    sum += differences.back();
  }
  std::vector<double> changed = differences;
  std::erase(changed, 0.0);
  PairedTests tests{.users = differences.size(), .changed = changed.size()};
  if (weights > 0) tests.difference = sum / weights;
  if (differences.size() < 2 || changed.empty()) return tests;
  tests.student_p = student_p(differences);
  tests.wilcoxon_p = wilcoxon_p(changed);
  tests.randomization_p = randomization_p(changed, options);
  return tests;
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double least = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    least = std::max(least, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = least;
  }
  return adjusted;
}

Comparison compare_models(std::span<const Metric* const> models, const SignificanceOptions& options,
                          const Context& context) {
  check(options);
  Comparison comparison;
  std::vector<std::size_t> present;
  for (std::size_t m = 0; m < models.size(); ++m) {
    const bool has_it = models[m] != nullptr && !std::isnan(models[m]->value);
    (has_it ? present : comparison.absent).push_back(m);
    if (models[m] != nullptr) comparison.metric = models[m]->name;
  }
  if (present.empty() || models[present[0]]->better == Better::kNeither) return comparison;
  const double sign = models[present[0]]->better == Better::kHigher ? 1 : -1;
  const std::size_t best =
      *std::ranges::max_element(present, {}, [&](std::size_t m) { return sign * models[m]->value; });
  comparison.best = best;
  std::vector<double> p;
  for (const std::size_t m : present) {
    if (m == best) continue;
    context.check_stop();
    Rival rival{.model = m, .difference = models[best]->value - models[m]->value};
    if (!models[best]->values.empty()) rival.tests = compare_pair(*models[best], *models[m], options);
    p.push_back(rival.tests ? rival.tests->randomization_p : 1.0);
    comparison.rivals.push_back(std::move(rival));
  }
  const std::vector<double> adjusted = holm(p);
  comparison.significant = !p.empty();
  for (std::size_t r = 0; r < adjusted.size(); ++r) {
    Rival& rival = comparison.rivals[r];
    rival.adjusted_p = adjusted[r];
    const bool beaten = sign * rival.difference > 0 && rival.adjusted_p < options.alpha;
    comparison.significant = comparison.significant && beaten;
  }
  return comparison;
}

}  // namespace akin
