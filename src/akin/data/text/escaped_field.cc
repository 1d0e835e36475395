#include "akin/data/text/escaped_field.h"

#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

constexpr std::string_view kPlain = "\t\n\r\\";
constexpr std::string_view kLetters = "tnr\\";
constexpr std::string_view kHex = "0123456789abcdef";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

std::string escaped_field(std::string_view field) {
  std::string result;
  for (const char c : field) {
    const std::size_t special = kPlain.find(c);
    if (special != std::string_view::npos) {
      result += '\\';
      result += kLetters[special];
    } else if (is_control(c)) {
      result += "\\x";
      result += kHex[static_cast<unsigned char>(c) / 16];
      result += kHex[static_cast<unsigned char>(c) % 16];
    } else {
      result += c;
    }
  }
  return result;
}

std::string unescaped_field(std::string_view field) {
  std::string result;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const bool escape = field[i] == '\\' && i + 1 < field.size();
    if (escape && field[i + 1] == 'x' && i + 3 < field.size()) {
      const std::size_t high = kHex.find(field[i + 2]), low = kHex.find(field[i + 3]);
      if (high != std::string_view::npos && low != std::string_view::npos) {
        result += static_cast<char>(16 * high + low);
        i += 3;
        continue;
      }
    }
    const std::size_t special = escape ? kLetters.find(field[i + 1]) : std::string_view::npos;
    if (special == std::string_view::npos) {
      result += field[i];
    } else {
      result += kPlain[special];
      ++i;
    }
  }
  return result;
}

std::string csv_field(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(field);
  std::string quoted = "\"";
  for (const char c : field) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string_view text_mark(std::string_view first_field) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return is_utf8(first_field) && !first_field.starts_with(kMark) ? "" : kMark;
}

}  // namespace akin
