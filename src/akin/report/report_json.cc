#include "akin/report/report_json.h"

#include <cmath>

namespace akin {
namespace {

using nlohmann::json;

json summary_json(const Summary& s) {
  return {{"count", s.count}, {"mean", s.mean}, {"std", s.std}, {"min", s.min},
          {"q25", s.q25},     {"q50", s.q50},   {"q75", s.q75}, {"max", s.max}};
}

json time_json(std::int64_t time) { return time == kNoTime ? json() : json(time); }

/// Text as valid UTF-8: dumping must not throw whatever a file holds.
std::string valid_utf8(const std::string& text) {
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

template <typename Value>
json pairs_json(const std::vector<std::pair<std::string, Value>>& pairs) {
  json object = json::object();
  for (const auto& [name, value] : pairs) object[valid_utf8(name)] = value;
  return object;
}

}  // namespace

json describe_json(const Description& d) {
  json result = {{"name", valid_utf8(d.name)},
                 {"users", d.users},
                 {"items", d.items},
                 {"events", d.events},
                 {"users_without_events", d.users_without_events},
                 {"items_without_events", d.items_without_events},
                 {"density", d.density},
                 {"first_time", time_json(d.first_time)},
                 {"last_time", time_json(d.last_time)},
                 {"events_without_time", d.events_without_time},
                 {"values", summary_json(d.values)},
                 {"events_per_user", summary_json(d.events_per_user)},
                 {"events_per_item", summary_json(d.events_per_item)},
                 {"gini_users", d.gini_users},
                 {"gini_items", d.gini_items},
                 {"kinds", pairs_json(d.kinds)},
                 {"review_words", summary_json(d.review_words)},
                 {"empty_reviews", d.empty_reviews},
                 {"item_content", pairs_json(d.item_content)},
                 {"user_content", pairs_json(d.user_content)},
                 {"links", pairs_json(d.links)},
                 {"validation_events", d.validation_events},
                 {"test_events", d.test_events},
                 {"candidates", d.candidates},
                 {"events_by_month", pairs_json(d.events_by_month)}};
  result["value_counts"] = json::array();
  for (const auto& [value, count] : d.value_counts) {
    result["value_counts"].push_back({{"value", value}, {"events", count}});
  }
  result["popularity"] = json::array();
  for (const auto& [items, events] : d.popularity) {
    result["popularity"].push_back({{"items", items}, {"events", events}});
  }
  return result;
}

namespace {

/// JSON has no NaN: what is not known is null.
json number_json(double value) { return std::isfinite(value) ? json(value) : json(); }

json metric_json(const Metric& metric) {
  json result = {{"value", number_json(metric.value)}};
  if (std::isfinite(metric.low)) result["interval"] = {metric.low, metric.high};
  return result;
}

}  // namespace

json evaluation_json(const Evaluation& e) {
  json metrics = json::object(), bins = json::array();
  for (const Metric& metric : e.metrics) metrics[metric.name] = metric_json(metric);
  for (const PopularityBin& bin : e.bins) {
    bins.push_back({{"min_events", bin.min_events},
                    {"max_events", bin.max_events},
                    {"held_out", bin.held_out},
                    {"hits", bin.hits}});
  }
  return {{"protocol", e.protocol},
          {"users", e.users},
          {"lists", e.lists},
          {"test_events", e.test_events},
          {"repeated_events", e.repeated_events},
          {"duplicate_events", e.duplicate_events},
          {"cold_item_events", e.cold_item_events},
          {"cold_users", e.cold_users},
          {"fallback_users", e.fallback_users},
          {"mean_events", e.mean_events},
          {"cutoffs", e.cutoffs},
          {"metrics", std::move(metrics)},
          {"bins_cutoff", e.bins_cutoff},
          {"popularity_bins", std::move(bins)},
          {"seconds", e.seconds}};
}

namespace {

json test_json(const Comparison& test, const std::vector<ModelResult>& results) {
  json rivals = json::array();
  for (const Rival& rival : test.rivals) {
    json row = {{"model", results[rival.model].model}, {"difference", number_json(rival.difference)}};
    if (rival.tests) {
      row["users"] = rival.tests->users;
      row["changed_users"] = rival.tests->changed;
      row["student_p"] = rival.tests->student_p;
      row["wilcoxon_p"] = rival.tests->wilcoxon_p;
      row["randomization_p"] = rival.tests->randomization_p;
      row["adjusted_p"] = rival.adjusted_p;
    }
    rivals.push_back(std::move(row));
  }
  return {{"metric", test.metric},
          {"best", test.best ? json(results[*test.best].model) : json()},
          {"significant", test.significant},
          {"rivals", std::move(rivals)}};
}

}  // namespace

json comparison_json(const ModelComparison& comparison) {
  json models = json::array(), tests = json::array();
  for (const ModelResult& model : comparison.results) {
    json params = json::object();
    for (const auto& [name, value] : model.params) params[name] = valid_utf8(value);
    models.push_back({{"model", model.model},
                      {"params", std::move(params)},
                      {"fit_seconds", model.fit_seconds},
                      {"evaluation", evaluation_json(model.evaluation)}});
  }
  for (const Comparison& test : comparison.tests) tests.push_back(test_json(test, comparison.results));
  return {{"models", std::move(models)}, {"tests", std::move(tests)}};
}

}  // namespace akin
