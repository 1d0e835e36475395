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

enum class Shown {
  kOneLine,  ///< tabs and line ends become spaces
  kLines,    ///< they stay
};
/// `text` as a terminal may show it, so that no id from a file drives the terminal: control characters, marks
/// that turn the direction of writing, and bytes that are not UTF-8 become escapes such as \x1b or \u202e.
std::string printable(std::string_view text, Shown shown = Shown::kOneLine);

/// `word`, quoted for a shell if it has to be, for commands that are printed to be typed. What printable()
/// would change is written as $'\033', which bash, zsh and ksh read.
std::string shell_word(std::string_view word);

}  // namespace akin
