#include "akin/report/request_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/data/filters.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"

namespace akin {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 12> kFields = {
    "user",    "history", "history_times", "history_attributes", "at",           "k",
    "filters", "exclude", "at_most",       "mask_kinds",         "include_seen", "strict"};
constexpr std::size_t kMostItems = 1'000'000;  // k

/// An id: a text, or a whole number as its digits.
std::string id_of(const std::string& field, const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  fail(ErrorCode::kUsage, "{}: {} is neither a text nor a whole number", field, value.dump());
}

std::vector<std::string> texts_of(const json& request, const std::string& field,
                                  const std::vector<std::string>& absent = {}) {
  const auto found = request.find(field);
  if (found == request.end() || found->is_null()) return absent;
  if (!found->is_array()) return {id_of(field, *found)};
  std::vector<std::string> texts;
  for (const json& value : *found) texts.push_back(id_of(field, value));
  return texts;
}

bool flag_of(const json& request, const std::string& field, bool absent) {
  const auto found = request.find(field);
  if (found == request.end() || found->is_null()) return absent;
  if (!found->is_boolean()) fail(ErrorCode::kUsage, "{}: {} is neither true nor false", field, found->dump());
  return found->get<bool>();
}

std::size_t count_of(const json& request, const std::string& field, std::size_t absent) {
  const auto found = request.find(field);
  if (found == request.end() || found->is_null()) return absent;
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() < 1 ||
      found->get<std::uint64_t>() > kMostItems)
    fail(ErrorCode::kUsage, "{}: {} is no whole number from 1 to {}", field, found->dump(), kMostItems);
  return found->get<std::size_t>();
}

void check_fields(const json& request) {
  if (!request.is_object())
    fail(ErrorCode::kUsage, "a request is a JSON object, such as {{\"user\": \"C1042\"}}");
  for (const auto& [name, value] : request.items()) {
    if (std::ranges::find(kFields, name) != kFields.end()) continue;
    const std::vector<std::string> known(kFields.begin(), kFields.end());
    fail(ErrorCode::kUsage, "unknown field '{}'{}; there are {}", name, did_you_mean(name, known),
         fmt::join(kFields, ", "));
  }
}

RecommendRequest request_of(std::string_view line, const RecommendRequest& defaults) {
  const json fields = parse_json(line, "request");
  check_fields(fields);
  RecommendRequest request = defaults;
  if (fields.contains("user") && !fields["user"].is_null()) request.user = id_of("user", fields["user"]);
  request.history = texts_of(fields, "history");
  request.history_times.clear();
  for (const std::string& time : texts_of(fields, "history_times"))
    request.history_times.push_back(parse_moment(time, "history_times"));
  if (fields.contains("history_attributes") && !fields["history_attributes"].is_null()) {
    const json& attributes = fields["history_attributes"];
    if (!attributes.is_object()) {
      fail(ErrorCode::kUsage,
           "history_attributes: {} is no object of names and values, such as {{\"device\": [\"phone\", "
           "\"desktop\"]}}",
           attributes.dump());
    }
    request.history_attributes.clear();
    for (const auto& [name, values] : attributes.items())
      request.history_attributes.emplace_back(name, texts_of(attributes, name));
  }
  if (fields.contains("at") && !fields["at"].is_null())
    request.now = parse_moment(id_of("at", fields["at"]), "at");
  request.k = count_of(fields, "k", defaults.k);
  request.exclude = texts_of(fields, "exclude", defaults.exclude);
  if (fields.contains("filters")) request.filters = parse_filters(texts_of(fields, "filters"));
  if (fields.contains("at_most")) request.at_most = parse_group_limits(texts_of(fields, "at_most"));
  if (fields.contains("mask_kinds")) request.mask_kinds = parse_event_kinds(texts_of(fields, "mask_kinds"));
  request.include_seen = flag_of(fields, "include_seen", defaults.include_seen);
  request.strict = flag_of(fields, "strict", defaults.strict);
  return request;
}

std::string one_line(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string answer_request(const Service& service, std::string_view line, const RecommendRequest& defaults) {
  try {
    const RecommendRequest request = request_of(line, defaults);
    const Recommendations answer = service.recommend(request);
    return one_line(recommendations_json(service.bundle().dataset, request, answer,
                                         last_items_of(service.bundle().dataset, request)));
  } catch (const Error& error) {
    return one_line({{"error", error.what()}});
  }
}

}  // namespace akin
