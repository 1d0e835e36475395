// Names as the values of an enum.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/synonyms.h"

namespace akin::nn {

/// The value whose name stands at its position in `names`. Throws Error(kUsage) with the names that come
/// close; `what` is what is named, such as "loss".
template <typename Enum, std::size_t kCount>
Enum parse_name(std::string_view text, const std::array<std::string_view, kCount>& names,
                std::string_view what) {
  const auto found = std::ranges::find(names, text);
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  const std::vector<std::string> all(names.begin(), names.end());
  fail(ErrorCode::kUsage, "unknown {} '{}'{}; there are {}", what, text, did_you_mean_parameter(text, all),
       fmt::join(names, ", "));
}

}  // namespace akin::nn
