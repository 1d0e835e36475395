// SHA-256 of files, by which anybody can tell what was read.
#pragma once

#include <string>

namespace akin {

/// 64 hexadecimal digits, of the bytes as they lie on the disk. Throws Error(kNotFound), Error(kIo).
std::string sha256_of_file(const std::string& path);

}  // namespace akin
