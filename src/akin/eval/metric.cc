#include "akin/eval/metric.h"

#include <algorithm>
#include <cmath>

namespace akin {

double mean_of(const Metric& metric) {
  double sum = 0, weight = 0;
  for (std::size_t u = 0; u < metric.values.size(); ++u) {
    const double w = metric.weights.empty() ? 1.0 : static_cast<double>(metric.weights[u]);
    sum += w * static_cast<double>(metric.values[u]);
    weight += w;
  }
  const double mean = weight > 0 ? sum / weight : std::numeric_limits<double>::quiet_NaN();
  return metric.root ? std::sqrt(mean) : mean;
}

const Metric* find_metric(std::span<const Metric> metrics, std::string_view name) {
  const auto found = std::ranges::find(metrics, name, &Metric::name);
  return found == metrics.end() ? nullptr : &*found;
}

}  // namespace akin
