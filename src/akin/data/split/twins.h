// Items that are the same as another one.
#pragma once

#include <string_view>

namespace akin {

/// An attribute of items that are the same as another one, such as by their pictures: its id. Holdout::kColdItems keeps both
/// on one side.
inline constexpr std::string_view kTwinAttribute = "twin_of";

}  // namespace akin
