// TOML files, read within limits: the one place that parses them.
#pragma once

#include <toml++/toml.h>

#include <string>

namespace akin {

/// The file's table. Throws Error(kUsage) with the line of a syntax error, and before anything is parsed for a
/// file of over 16 MiB (decompressed), for keys and values nested deeper than 64 levels, which toml++ takes
/// apart by recursion, and for an escaped NUL, which would end a file's name early.
toml::table read_toml(const std::string& path);

}  // namespace akin
