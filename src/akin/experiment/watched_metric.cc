#include "akin/experiment/watched_metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "akin/base/error.h"
#include "akin/eval/ranking.h"

namespace akin {
namespace {

constexpr std::string_view kErrors[] = {"RMSE", "MAE", "MSE"};

}  // namespace

std::string_view WatchedMetric::default_for(const Traits& traits) {
  return traits.predicts_ratings ? "RMSE" : "NDCG@10";
}

WatchedMetric::WatchedMetric(std::string_view name, const Traits& traits) : name_(name) {
  if (traits.predicts_ratings && std::ranges::count(kErrors, name) == 1) {
    better_ = Better::kLower;
    return;
  }
  const std::size_t at = name.find('@');
  if (at != std::string_view::npos && std::ranges::count(RankingScorer::kNames, name.substr(0, at)) == 1) {
    const std::string_view number = name.substr(at + 1);
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), cutoff_);
    if (error == std::errc() && stop == number.data() + number.size() && cutoff_ > 0) return;
  }
  std::vector<std::string> names;
  for (const std::string_view base : RankingScorer::kNames) names.push_back(fmt::format("{}@10", base));
  if (traits.predicts_ratings) names.insert(names.end(), std::begin(kErrors), std::end(kErrors));
  fail(ErrorCode::kUsage, "metric '{}' is not one of {} (any number after @){}", name, fmt::join(names, ", "),
       did_you_mean(name, names));
}

EvaluateOptions WatchedMetric::options() const { return {.cutoffs = {cutoff_}, .beyond = false}; }

Metric WatchedMetric::of(const Evaluation& evaluation) const {
  const Metric* metric = find_metric(evaluation.metrics, name_);
  if (metric == nullptr)
    fail(ErrorCode::kBadData, "there is no {} of these validation events: all training values are the same",
         name_);
  return *metric;
}

}  // namespace akin
