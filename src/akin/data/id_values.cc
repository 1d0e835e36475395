#include "akin/data/id_values.h"

#include <algorithm>

namespace akin {

bool is_short_number(std::string_view text) {
  constexpr std::size_t kDigits = 4;
  return !text.empty() && text.size() <= kDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::uint64_t replace_values(StringColumn& column,
                             const std::function<std::optional<std::string>(std::string_view)>& replacement) {
  std::uint64_t replaced = 0;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column[row].empty()) continue;
    const std::optional<std::string> text = replacement(column[row]);
    if (!text) continue;
    column.set(row, *text);
    ++replaced;
  }
  return replaced;
}

}  // namespace akin
