#include "akin/data/id_values.h"

#include <algorithm>

#include "akin/data/attribute_type.h"

namespace akin {
namespace {

using Replacement = std::function<std::optional<std::string>(std::string_view)>;

std::optional<std::string> replaced_elements(const AttributeType& type, std::string_view value,
                                             const Replacement& replacement) {
  if (type.kind != AttributeType::Kind::kList) return replacement(value);
  std::string result;
  bool changed = false;
  for (const std::string_view element : elements_of(type, value)) {
    const std::optional<std::string> replaced = replacement(element);
    changed = changed || replaced;
    const std::string_view text = replaced ? std::string_view(*replaced) : element;
    if (text.empty()) continue;
    if (!result.empty()) result += type.separator;
    result += text;
  }
  return changed ? std::optional(std::move(result)) : std::nullopt;
}

}  // namespace

bool is_short_number(std::string_view text) {
  constexpr std::size_t kDigits = 4;
  return !text.empty() && text.size() <= kDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t replace_values(AttributeTable& table, const std::string& name, const Replacement& replacement) {
  StringColumn& column = table.column(name);
  std::uint64_t replaced = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column[row].empty()) continue;
    const std::optional<std::string> text = replaced_elements(table.type(name), column[row], replacement);
    if (!text) continue;
    column.set(row, *text);
    ++replaced;
  }
  return replaced;
}

}  // namespace akin
