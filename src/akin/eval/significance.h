// Is one model really better than another? Paired tests over the users both were evaluated on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/eval/metric.h"

namespace akin {

struct SignificanceOptions {
  double alpha = 0.05;        ///< in (0, 1)
  int permutations = 10'000;  ///< of the randomization test, > 0
  std::uint64_t seed = 42;
};

/// Three two-sided tests of whether two models differ in one metric. All look at the per-user differences
///
///   d_u = w_u (a_u - b_u), users with w_u > 0
///
/// whose sum over sum_u w_u is the difference of the weighted means. For weighted metrics that tests the
/// weighted sums, each user being one observation, however many events they have; for RMSE it tests the mean
/// squared errors, whose order is that of their roots.
struct PairedTests {
  std::uint64_t users = 0;     ///< with w_u > 0
  std::uint64_t changed = 0;   ///< of them: d_u != 0
  double difference = 0;       ///< weighted mean of a - weighted mean of b, before any root
  double student_p = 1;        ///< paired t test (Student 1908)
  double wilcoxon_p = 1;       ///< signed-rank test (Wilcoxon 1945)
  double randomization_p = 1;  ///< Fisher's randomization test (Smucker, Allan & Carterette 2007)
};

/// Compares two models' values of the same metric on the same users.
///
///   student_p: t = mean(d) / (sd(d) / sqrt(n)) with n - 1 degrees of freedom. If all d are equal but not 0,
///     p = 0.
///   wilcoxon_p: differences of 0 are dropped, as Wilcoxon did, equal |d| share their mean rank; normal
///     approximation with the correction for ties and the continuity correction of 1/2. Differences of
///     floats: |d| within a millionth of each other count as equal.
///   randomization_p: if the models are the same, the sign of each d is a coin flip. With d* = the sum with
///     random signs: p = (1 + number of |d*| >= |d|) / (1 + permutations); all sign patterns instead,
///     p = their share, if at most 16 differences are not 0. The signs depend on options.seed only.
///
/// With fewer than two users, or no difference at all, every p is 1. Both metrics must have values of the
/// same users and equal weights (AKIN_ASSERT). Throws Error(kUsage) for options out of range. Cost: O(n log n
/// + permutations x n / 8), 5 ms for 6,040 users.
PairedTests compare_pair(const Metric& a, const Metric& b, const SignificanceOptions& options);

/// Holm's step-down correction (Holm 1979) for testing p.size() hypotheses at once: with p_(1) <= p_(2) ...,
/// adjusted_(i) = max over j <= i of min(1, (m - j + 1) p_(j)). Result in the order of `p`.
std::vector<double> holm(std::span<const double> p);

/// A model against the best one.
struct Rival {
  std::size_t model = 0;                  ///< place in the list given
  double difference = 0;                  ///< value of the best - value of this one
  std::optional<PairedTests> tests = {};  ///< the best against this one; none if the metric has no users
  double adjusted_p = 1;                  ///< randomization_p after Holm's correction over all rivals
};

/// Models compared by one metric.
struct Comparison {
  std::string metric;
  std::optional<std::size_t> best;  ///< place in the list given, the first of equals; none: nothing to choose
  bool significant = false;  ///< the best beats EVERY rival: all differences > 0 and all adjusted_p < alpha
  std::vector<Rival> rivals = {};        ///< all other models that have the metric, in the order given
  std::vector<std::size_t> absent = {};  ///< models without it, or whose value is NaN
};

/// Finds the best of several models by one metric, given as find_metric() gives it (nullptr = the model does
/// not have it), and tests it against every other. A metric without per-user values, such as item coverage,
/// has a best model but no tests, so it is never significant; neither is a model without a rival. A metric
/// with Better::kNeither has no best model. Throws as compare_pair(), Error(kCancelled).
Comparison compare_models(std::span<const Metric* const> models, const SignificanceOptions& options,
                          const Context& context);

}  // namespace akin
