// Small pieces of text work that several rooms need.
#pragma once

#include <string_view>
#include <vector>

namespace akin {

/// The parts of `text` between separators, the empty ones left out; they point into it.
std::vector<std::string_view> split(std::string_view text, char separator);

/// `text` without the blanks around it.
std::string_view trimmed(std::string_view text);

}  // namespace akin
