// One evaluation out of several.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/eval/evaluate.h"

namespace akin {
namespace {

double weight_of(const Metric& metric) {
  if (metric.values.empty()) return 1;
  return metric.weights.empty() ? static_cast<double>(metric.values.size())
                                : std::accumulate(metric.weights.begin(), metric.weights.end(), 0.0);
}

/// The metric of that name in all parts that have it, as one.
Metric pooled(const Metric& first, const std::vector<Evaluation>& parts) {
  Metric result{.name = first.name, .better = first.better, .root = first.root};
  double sum = 0, total = 0;
  for (const Evaluation& part : parts) {
    const Metric* metric = find_metric(part.metrics, first.name);
    if (metric == nullptr || std::isnan(metric->value)) continue;
    const double weight = weight_of(*metric);
    sum += weight * (metric->root ? metric->value * metric->value : metric->value);
    total += weight;
    result.values.insert(result.values.end(), metric->values.begin(), metric->values.end());
    // Weights of 1 are written out: other parts may have others.
    const std::vector<float> ones(metric->weights.empty() ? metric->values.size() : 0, 1.0F);
    result.weights.insert(result.weights.end(), ones.begin(), ones.end());
    result.weights.insert(result.weights.end(), metric->weights.begin(), metric->weights.end());
  }
  const double mean = sum / total;
  result.value = result.root ? std::sqrt(mean) : mean;
  return result;
}

void add_bins(const std::vector<PopularityBin>& bins, std::vector<PopularityBin>& all) {
  for (const PopularityBin& bin : bins) {
    const auto at = std::ranges::lower_bound(all, bin.min_events, {}, &PopularityBin::min_events);
    if (at != all.end() && at->min_events == bin.min_events) {
      at->held_out += bin.held_out;
      at->hits += bin.hits;
    } else {
      all.insert(at, bin);
    }
  }
}

}  // namespace

Evaluation pool(const std::vector<Evaluation>& parts, const EvaluateOptions& options,
                const Context& context) {
  AKIN_ASSERT(!parts.empty());
  Evaluation result;
  if (parts.size() == 1) {
    result = parts.front();
    add_intervals(result, options, context);
    return result;
  }
  result.protocol = fmt::format("{} splits pooled; {}", parts.size(), parts.front().protocol);
  result.cutoffs = parts.front().cutoffs;
  result.bins_cutoff = parts.front().bins_cutoff;
  for (const Evaluation& part : parts) {
    result.users += part.users;
    result.lists += part.lists;
    result.test_events += part.test_events;
    result.repeated_events += part.repeated_events;
    result.warm_item_events += part.warm_item_events;
    result.duplicate_events += part.duplicate_events;
    result.cold_item_events += part.cold_item_events;
    result.cold_users += part.cold_users;
    result.fallback_users += part.fallback_users;
    result.mean_events += part.mean_events;
    result.seconds += part.seconds;
    add_bins(part.bins, result.bins);
  }
  for (const Metric& metric : parts.front().metrics) result.metrics.push_back(pooled(metric, parts));
  add_intervals(result, options, context);
  return result;
}

}  // namespace akin
