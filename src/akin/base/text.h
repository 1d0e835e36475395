// Small pieces of text work that several rooms need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// The parts of `text` between separators, the empty ones left out; they point into it.
std::vector<std::string_view> split(std::string_view text, char separator);

/// `text` without the blanks around it.
std::string_view trimmed(std::string_view text);

/// {"a,b", "c"} -> a, b, c; empty parts are left out.
std::vector<std::string> split_lists(const std::vector<std::string>& texts);

/// `word`, quoted for a shell if it has to be, for commands that are printed to be typed.
std::string shell_word(std::string_view word);

}  // namespace akin
