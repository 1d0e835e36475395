#include "akin/experiment/model_result.h"

#include <fmt/format.h>

#include <algorithm>

namespace akin {

std::vector<std::string> accuracy_names(const std::vector<int>& cutoffs) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < cutoffs.size(); ++c) {
    const auto add = [&](std::string_view name) { names.push_back(fmt::format("{}@{}", name, cutoffs[c])); };
    for (const std::string_view name : {"HR", "Recall", "NDCG"}) add(name);
    if (c != cutoffs.size() / 2) continue;
    for (const std::string_view name : {"Precision", "MAP", "MRR"}) add(name);
  }
  for (const char* const name : {"AUC", "RMSE", "MAE", "AUC(liked)", "GAUC", "accuracy", "log loss"})
    names.emplace_back(name);
  return names;
}

std::vector<Comparison> test_models(const std::vector<ModelResult>& results, const Context& context) {
  std::vector<Comparison> tests;
  if (results.size() < 2) return tests;
  for (const std::string& name : accuracy_names(results.front().evaluation.cutoffs)) {
    std::vector<const Metric*> metrics;
    for (const ModelResult& result : results) metrics.push_back(find_metric(result.evaluation.metrics, name));
    if (std::ranges::all_of(metrics, [](const Metric* metric) { return metric == nullptr; })) continue;
    tests.push_back(compare_models(metrics, {.seed = context.seed}, context));
  }
  return tests;
}

}  // namespace akin
