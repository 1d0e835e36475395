// One figure of an evaluation, with the users it is the mean of.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// Which of two values of a metric is the better one.
enum class Better { kHigher, kLower, kNeither };

/// A metric. Most are means over users, and keep what they are the mean of:
/// intervals and paired tests need it.
///
///   value = sum_u w_u x_u / sum_u w_u, or its square root if `root`
struct Metric {
  std::string name;  ///< such as "NDCG@10", "RMSE"
  Better better = Better::kHigher;
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();   ///< bootstrap interval, NaN = none was made
  double high = std::numeric_limits<double>::quiet_NaN();  ///< of value
  /// x_u, one per user (or session), in the same order for every model evaluated on the same split. Empty if
  /// the metric is not a mean over users, such as item coverage.
  std::vector<float> values = {};
  std::vector<float> weights = {};  ///< w_u >= 0; empty = all 1
  bool root = false;                ///< RMSE
};

/// The weighted mean of metric.values in double precision (its root if `root`), NaN if the weights sum to 0.
double mean_of(const Metric& metric);

/// The metric of that name, or nullptr. Case matters.
const Metric* find_metric(std::span<const Metric> metrics, std::string_view name);

}  // namespace akin
