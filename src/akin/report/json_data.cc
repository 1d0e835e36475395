// JSON of data: imports, descriptions.
#include <cmath>

#include "akin/base/json_text.h"
#include "akin/report/json.h"

namespace akin {

using nlohmann::json;

json number_json(double value) { return std::isfinite(value) ? json(value) : json(); }

std::string valid_utf8(const std::string& text) {
  return parse_json(json(text).dump(-1, ' ', false, json::error_handler_t::replace), "text")
      .get<std::string>();
}

namespace {

json summary_json(const Summary& s) {
  return {{"count", s.count}, {"mean", s.mean}, {"std", s.std}, {"min", s.min},
          {"q25", s.q25},     {"q50", s.q50},   {"q75", s.q75}, {"max", s.max}};
}

/// Seconds since 1970, whole where the time is.
json time_json(std::int64_t time) {
  if (time == kNoTime) return {};
  return time % kSecond == 0 ? json(time / kSecond) : json(static_cast<double>(time) / kSecond);
}

template <typename Value>
json pairs_json(const std::vector<std::pair<std::string, Value>>& pairs) {
  json object = json::object();
  for (const auto& [name, value] : pairs) object[valid_utf8(name)] = value;
  return object;
}

}  // namespace

json import_json(const ImportReport& report, const Dataset& data) {
  json rejected = json::array();
  for (const Rejections::Reason& reason : report.rejections.reasons()) {
    rejected.push_back({{"reason", reason.text},
                        {"count", reason.count},
                        {"first", reason.positions},
                        {"values", reason.values}});
  }
  json columns = json::array();
  for (const ColumnReport& column : report.columns) {
    json examples = json::array();
    for (const std::string& example : column.examples) examples.push_back(valid_utf8(example));
    columns.push_back({{"file", valid_utf8(column.file)},
                       {"column", valid_utf8(column.column)},
                       {"used_as", column.used_as.empty() ? json() : json(valid_utf8(column.used_as))},
                       {"type", column.type},
                       {"parsed", column.parsed},
                       {"examples", examples},
                       {"doubts", column.doubts}});
  }
  json filters = json::array();
  for (const FilterCount& filter : report.filters) {
    filters.push_back(
        {{"step", filter.step}, {"events", filter.events}, {"users", filter.users}, {"items", filter.items}});
  }
  return {
      {"lines", report.lines},     {"bytes", report.bytes},
      {"seconds", report.seconds}, {"rejected", rejected},
      {"filters", filters},        {"notes", report.notes},
      {"columns", columns},        {"users", data.n_users()},
      {"items", data.n_items()},   {"events", data.user_bounds.empty() ? data.events.size() : report.events}};
}

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
                 {"positions", d.positions},
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
                 {"event_content", pairs_json(d.event_content)},
                 {"item_types", pairs_json(d.item_types)},
                 {"user_types", pairs_json(d.user_types)},
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

json synthetic_json(const SyntheticFiles& files) {
  return {{"reviews", files.reviews},       {"metadata", files.metadata},
          {"sessions", files.sessions},     {"users", files.users},
          {"images", files.images},         {"truth", files.truth},
          {"events", files.events},         {"session_lines", files.session_lines},
          {"cold_items", files.cold_items}, {"bytes", files.bytes}};
}

}  // namespace akin
