#include "akin/data/readers/file_names.h"

#include <filesystem>

namespace akin {

std::string existing_file(const std::string& base) {
  for (const char* const suffix : {"", ".gz", ".zst"}) {
    std::error_code error;  // a name no file can have is not a file
    if (std::filesystem::is_regular_file(base + suffix, error)) return base + suffix;
  }
  return "";
}

std::string plain_name(const std::string& path) {
  std::filesystem::path name = std::filesystem::path(path).filename();
  if (name.empty()) name = std::filesystem::path(path).parent_path().filename();  // "folder/"
  if (name.extension() == ".gz" || name.extension() == ".zst") name = name.stem();
  return name.string();
}

std::string data_set_name(const std::string& path) {
  if (path == "-") return "stdin";
  const std::string name = std::filesystem::path(plain_name(path)).stem().string();
  return name.empty() || name == "." || name == ".." ? "data" : name;
}

std::string beside(const std::string& path, std::string_view name) {
  return (std::filesystem::path(path).parent_path() / name).string();
}

}  // namespace akin
