// Files of vectors as flags.
#pragma once

#include <string>

#include "akin/cli/command_line.h"

namespace akin::cli {

/// A file of vectors to read: a bundle, or an array with the file of its ids.
InputPath vectors_path(std::string* path);
/// A file of vectors to write in the format that `format` names when the flags are parsed; it must live until
/// then.
OutputPath embeddings_path(std::string* path, const std::string& format);

}  // namespace akin::cli
