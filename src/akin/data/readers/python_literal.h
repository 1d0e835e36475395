// Python literals, as repr() writes them, made into JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace akin {

/// The JSON of a Python literal: dicts, lists and tuples (both become arrays), strings, numbers, None, True,
/// False. JSON itself passes too, with the liberties Python's json module takes: NaN and Infinity become
/// null, a lone surrogate becomes U+FFFD. Nullopt if `text` is anything else or nests deeper than 200 levels.
///
/// Strings: ' or ", prefixes u and b, escapes \\ \' \" \/ \a \b \f \n \r \t \v \ooo \xNN \uNNNN \UNNNNNNNN;
/// an unknown escape keeps its backslash, as in Python. Without the prefix u, a run of \xNN that is
/// well-formed UTF-8 is taken as those bytes, because Python 2 wrote its byte strings so; any other \xNN is
/// the code point. Bytes of 128 and above are copied unchecked: whether they are UTF-8 is for the JSON parser
/// to say. Cost: O(length).
std::optional<std::string> python_literal_to_json(std::string_view text);

}  // namespace akin
