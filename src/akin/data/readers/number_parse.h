// Numbers of delimited text.
#pragma once

#include <string_view>

namespace akin {

/// Why a text is not a value, as the reason it is counted under; nullptr if it is one.
struct ParsedValue {
  float value = 0;
  const char* problem = nullptr;
};

/// Reads a decimal number such as 4, 3.5, -1e3, with blanks around it allowed; correctly rounded. Problems:
/// "no value", "value is not a number", "value is NaN or infinite", "value out of range".
ParsedValue parse_value(std::string_view text);

}  // namespace akin
