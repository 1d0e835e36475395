// Files of vectors as flags.
#pragma once

#include <cstdint>
#include <string>

#include "akin/cli/command_line.h"
#include "akin/linalg/matrix.h"

namespace akin::cli {

/// A file of vectors to read: a bundle, or an array with the file of its ids.
InputPath vectors_path(std::string* path);
/// A file of vectors to write in the format that `format` names when the flags are parsed; it must live until
/// then.
OutputPath embeddings_path(std::string* path, const std::string& format);

/// How many rows say nothing.
std::uint64_t zero_rows(const Matrix& vectors);

}  // namespace akin::cli
