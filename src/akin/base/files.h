// What the file system knows about a path.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace akin {

/// Bytes of the file at `path`, 0 for what has no size (a pipe); nothing where there is no file. Throws
/// Error(kIo) for a directory, and where the system cannot tell: a name that is too long, a loop of links,
/// a folder that may not be searched.
std::optional<std::uint64_t> size_of_file(const std::string& path);
inline bool file_exists(const std::string& path) { return size_of_file(path).has_value(); }

}  // namespace akin
