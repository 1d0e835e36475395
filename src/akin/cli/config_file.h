// Flags from a TOML file.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace akin::cli {

/// The file's keys with their values as text; an array gives several. Underscores in keys become dashes.
/// Throws Error(kUsage) with the line of a syntax error, or for a value
/// that no flag could take (tables, dates).
std::map<std::string, std::vector<std::string>> read_config_file(const std::string& path);

}  // namespace akin::cli
