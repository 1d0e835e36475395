#include "akin/base/json_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "akin/base/error.h"

namespace akin {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 100;

/// Whether brackets outside of texts are nested deeper than that anywhere.
bool is_deeper(std::string_view text, std::size_t levels) {
  std::size_t open = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++open > levels) return true;
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
  }
  return false;
}

bool is_text(const json& value) { return value.is_string(); }

}  // namespace

json parse_json(std::string_view text, std::string_view where) {
  if (is_deeper(text, kDeepest))
    fail(ErrorCode::kBadData, "{}: the JSON text is nested deeper than {} levels", where, kDeepest);
  json value = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) fail(ErrorCode::kBadData, "{}: is not a JSON text", where);
  return value;
}

JsonFields::JsonFields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object.is_object()) fail(ErrorCode::kBadData, "{}: is not a JSON object", where_);
}

void JsonFields::wrong(const std::string& name, std::string_view expected) const {
  fail(ErrorCode::kBadData, "{}: {} is not {}", where_, name, expected);
}

const json& JsonFields::field(const std::string& name) const {
  const auto found = object_.find(name);
  if (found == object_.end()) fail(ErrorCode::kBadData, "{}: {} is missing", where_, name);
  return *found;
}

std::string JsonFields::text(const std::string& name) const {
  const json& value = field(name);
  if (!value.is_string()) wrong(name, "a text");
  return value.get<std::string>();
}

double JsonFields::number(const std::string& name) const {
  const json& value = field(name);
  if (!value.is_number()) wrong(name, "a number");
  return value.get<double>();
}

double JsonFields::number_or_null(const std::string& name) const {
  return field(name).is_null() ? std::numeric_limits<double>::quiet_NaN() : number(name);
}

std::int64_t JsonFields::whole(const std::string& name, std::int64_t min, std::int64_t max) const {
  const json& value = field(name);
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() ||
                     value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  const std::int64_t number = fits ? value.get<std::int64_t>() : 0;
  if (!fits || number < min || number > max)
    wrong(name, fmt::format("a whole number from {} to {}", min, max));
  return number;
}

std::uint64_t JsonFields::seed(const std::string& name) const {
  const json& value = field(name);
  if (!value.is_number_unsigned()) wrong(name, "a whole number from 0 to 2^64 - 1");
  return value.get<std::uint64_t>();
}

bool JsonFields::flag(const std::string& name) const {
  const json& value = field(name);
  if (!value.is_boolean()) wrong(name, "true or false");
  return value.get<bool>();
}

std::vector<std::string> JsonFields::texts(const std::string& name) const {
  const json& value = field(name);
  if (!value.is_array() || !std::ranges::all_of(value, is_text)) wrong(name, "a list of texts");
  return value.get<std::vector<std::string>>();
}

std::map<std::string, std::string> JsonFields::text_map(const std::string& name) const {
  return json_texts(field(name), fmt::format("{}: {}", where_, name));
}

std::map<std::string, std::string> json_texts(const json& object, std::string_view where) {
  if (!object.is_object()) fail(ErrorCode::kBadData, "{}: is not a JSON object", where);
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) fail(ErrorCode::kBadData, "{}: {} is not a text", where, name);
  }
  return object.get<std::map<std::string, std::string>>();
}

}  // namespace akin
