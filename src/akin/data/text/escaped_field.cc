#include "akin/data/text/escaped_field.h"

#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

constexpr std::string_view kPlain = "\t\n\r\\";
constexpr std::string_view kLetters = "tnr\\";

}  // namespace

std::string escaped_field(std::string_view field) {
  std::string result;
  for (const char c : field) {
    const std::size_t special = kPlain.find(c);
    if (special != std::string_view::npos) result += '\\';
    result += special == std::string_view::npos ? c : kLetters[special];
  }
  return result;
}

std::string unescaped_field(std::string_view field) {
  std::string result;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const bool escape = field[i] == '\\' && i + 1 < field.size();
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

std::string_view text_mark(std::string_view first_field) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return is_utf8(first_field) && !first_field.starts_with(kMark) ? "" : kMark;
}

}  // namespace akin
