#include "akin/data/readers/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "akin/base/error.h"

namespace akin {

std::size_t Layout::column(std::string_view spec, std::string_view path) const {
  const auto exact = std::ranges::find(header, spec);
  if (exact != header.end()) return static_cast<std::size_t>(exact - header.begin());
  const std::string wanted = normalized_name(spec);
  for (std::size_t c = 0; c < header.size() && !wanted.empty(); ++c) {
    if (normalized_name(header[c]) == wanted) return c;
  }
  std::size_t number = 0;
  const auto [stop, error] = std::from_chars(spec.data(), spec.data() + spec.size(), number);
  const bool is_position = error == std::errc() && stop == spec.data() + spec.size();
  if (is_position && number >= 1 && number <= width) return number - 1;
  if (header.empty()) {
    fail(ErrorCode::kUsage,
         "{}: there is no column '{}'; the file has no header, so give a number from 1 to {}", path, spec,
         width);
  }
  fail(ErrorCode::kUsage, "{}: there is no column '{}'{}; there are: {}", path, spec,
       did_you_mean(spec, header), fmt::join(header, ", "));
}

std::size_t Layout::usual_column(std::string_view role) const {
  for (const std::string_view name : usual_names(role)) {
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (normalized_name(header[c]) == name) return c;
    }
  }
  return kNoColumn;
}

}  // namespace akin
