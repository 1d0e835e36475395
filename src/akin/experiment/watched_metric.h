// The metric that early stopping and tuning go by.
#pragma once

#include <string>
#include <string_view>

#include "akin/eval/evaluate.h"
#include "akin/eval/metric.h"

namespace akin {

/// A metric by its name, such as "NDCG@10" or "RMSE".
class WatchedMetric {
 public:
  WatchedMetric() = default;
  /// Throws Error(kUsage), with the nearest names, if models with these traits have no such metric.
  WatchedMetric(std::string_view name, const Traits& traits);
  /// NDCG@10, or RMSE for models that predict ratings.
  static std::string_view default_for(const Traits& traits);

  const std::string& name() const { return name_; }
  Better better() const { return better_; }
  /// Options of evaluate() that compute it.
  EvaluateOptions options() const;
  /// It, in an evaluation made with options(). Throws Error(kBadData) if it could not be computed.
  Metric of(const Evaluation& evaluation) const;

 private:
  std::string name_;
  int cutoff_ = 10;
  Better better_ = Better::kHigher;
};

}  // namespace akin
