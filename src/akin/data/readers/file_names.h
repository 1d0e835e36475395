// Files that belong together by their names.
#pragma once

#include <string>
#include <string_view>

namespace akin {

/// `base` itself, or with .gz or .zst behind; "" if there is no such file.
std::string existing_file(const std::string& base);
/// The file name without folder and without .gz or .zst.
std::string plain_name(const std::string& path);
/// The file name of an argument without folder, compression and last extension; "stdin" for "-".
/// Names a data set.
std::string data_set_name(const std::string& path);
/// `name` in the folder of `path`.
std::string beside(const std::string& path, std::string_view name);

}  // namespace akin
