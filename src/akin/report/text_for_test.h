// What tests ask of texts.
#pragma once

#include <string>
#include <string_view>

namespace akin {

/// How often `part` is in `text`.
inline std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace akin
