#include "akin/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace akin {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0 = not UTF-8
};

/// The first character of a text that is not empty.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t bytes = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = byte(0) & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < kLeast[bytes] || code > 0x10FFFF || surrogate ? Character{} : Character{code, bytes};
}

/// Control characters of ASCII and Latin-1, line separators, and marks that turn the direction of writing.
bool drives_terminal(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string hex_bytes(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// `word` in the quotes of bash, zsh and ksh that know escapes. Octal ones end after three digits.
std::string escaped_shell_word(std::string_view word) {
  std::string escaped = "$'";
  while (!word.empty()) {
    const Character character = first_character(word);
    const std::string_view bytes = word.substr(0, std::max<std::size_t>(1, character.bytes));
    word.remove_prefix(bytes.size());
    const bool plain =
        character.bytes > 0 && !drives_terminal(character.code) && bytes != "'" && bytes != "\\";
    if (plain) {
      escaped += bytes;
    } else {
      for (const char c : bytes) escaped += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return escaped + "'";
}

}  // namespace

std::string printable(std::string_view text, Shown shown) {
  std::string result;
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(1, character.bytes));
    text.remove_prefix(bytes.size());
    const bool space = bytes == "\n" || bytes == "\t";
    if (space && shown == Shown::kLines) {
      result += bytes;
    } else if (space || bytes == "\r") {
      result += ' ';
    } else if (character.bytes == 0 || (character.bytes == 1 && drives_terminal(character.code))) {
      result += hex_bytes(bytes);
    } else if (drives_terminal(character.code)) {
      result += fmt::format("\\u{:04x}", character.code);
    } else {
      result += bytes;
    }
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> split_lists(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    for (const std::string_view part : split(text, ',')) parts.emplace_back(part);
  }
  return parts;
}

std::string shell_word(std::string_view word) {
  const auto harmless = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./:,@%+=").find(static_cast<char>(c)) != std::string_view::npos || c >= 0x80;
  };
  if (printable(word) != word) return escaped_shell_word(word);
  if (!word.empty() && std::ranges::all_of(word, harmless)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace akin
