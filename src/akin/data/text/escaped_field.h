// Ids of any bytes in tab-separated and comma-separated files.
#pragma once

#include <string>
#include <string_view>

namespace akin {

/// `field` with tab, newline, carriage return and backslash written as \t, \n, \r and \\, other control
/// characters as \x1f.
std::string escaped_field(std::string_view field);
/// The bytes that escaped_field() wrote; a backslash before anything else stands for itself.
std::string unescaped_field(std::string_view field);
/// `field` of a comma-separated file as RFC 4180 says: in quotes, which are doubled inside, where it holds a comma,
/// quote or line end.
std::string csv_field(std::string_view field);
/// What must stand before the first field of a file so that reading it back gives its bytes: "" for text,
/// else a byte-order mark, which readers skip; without it the field's own bytes could pass for a mark
/// or an archive.
std::string_view text_mark(std::string_view first_field);

}  // namespace akin
