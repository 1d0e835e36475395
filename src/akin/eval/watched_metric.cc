#include "akin/eval/watched_metric.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "akin/base/error.h"

namespace akin {
namespace {

struct Known {
  std::string_view name;
  double RankingMetrics::*value;
};
constexpr std::array<Known, 6> kRanking = {{{"NDCG", &RankingMetrics::ndcg},
                                            {"HR", &RankingMetrics::hr},
                                            {"Recall", &RankingMetrics::recall},
                                            {"Precision", &RankingMetrics::precision},
                                            {"MAP", &RankingMetrics::map},
                                            {"MRR", &RankingMetrics::mrr}}};

}  // namespace

std::string_view WatchedMetric::default_for(const Traits& traits) {
  return traits.predicts_ratings ? "RMSE" : "NDCG@10";
}

WatchedMetric::WatchedMetric(std::string_view name, const Traits& traits) : name_(name) {
  if (traits.predicts_ratings && (name == "RMSE" || name == "MAE")) {
    better_ = Better::kLower;
    return;
  }
  const std::size_t at = name.find('@');
  if (at != std::string_view::npos && std::ranges::count(kRanking, name.substr(0, at), &Known::name) == 1) {
    const std::string_view number = name.substr(at + 1);
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), cutoff_);
    if (error == std::errc() && stop == number.data() + number.size() && cutoff_ > 0) return;
  }
  std::vector<std::string> names;
  for (const Known& known : kRanking) names.push_back(fmt::format("{}@10", known.name));
  if (traits.predicts_ratings) names.insert(names.end(), {"RMSE", "MAE"});
  fail(ErrorCode::kUsage, "metric '{}' is not one of {} (any number after @){}", name, fmt::join(names, ", "),
       did_you_mean(name, names));
}

Metric WatchedMetric::of(const Evaluation& evaluation) const {
  Metric metric{.name = name_, .better = better_};
  if (better_ == Better::kLower) {
    AKIN_ASSERT(evaluation.rating.has_value());
    metric.value = name_ == "RMSE" ? evaluation.rating->rmse : evaluation.rating->mae;
    return metric;
  }
  const auto known = std::ranges::find(kRanking, std::string_view(name_).substr(0, name_.find('@')), &Known::name);
  metric.value = evaluation.ranking.at(0).*(known->value);
  return metric;
}

}  // namespace akin
