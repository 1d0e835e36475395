#include "akin/data/readers/list_cell.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/data/readers/python_literal.h"

namespace akin {
namespace {

/// "" where the element has no text.
std::string text_of(const nlohmann::json& element) {
  if (element.is_string()) return element.get<std::string>();
  if (element.is_object()) return element.contains("name") ? text_of(element["name"]) : "";
  return element.is_number() || element.is_boolean() ? element.dump() : "";
}

}  // namespace

std::optional<std::string> joined_list(std::string_view name, std::string_view cell) {
  if (cell.size() < 2 || cell.front() != '[' || cell.back() != ']') return std::nullopt;
  if (name == "title" || name == "description" || name == "image") return std::nullopt;
  const auto json = python_literal_to_json(cell);
  if (!json) return std::nullopt;
  std::string joined;
  try {
    for (const nlohmann::json& element : parse_json(*json, "list")) {
      std::string text = text_of(element);
      if (text.empty()) return std::nullopt;
      std::ranges::replace(text, '|', '/');
      joined += (joined.empty() ? "" : "|") + text;
    }
  } catch (const Error&) {  // such as bytes that are not UTF-8
    return std::nullopt;
  }
  return joined;
}

}  // namespace akin
