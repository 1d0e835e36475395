#include "akin/base/files.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "akin/base/error.h"

namespace akin {

std::optional<std::uint64_t> size_of_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail(ErrorCode::kIo, "{}: cannot be looked up: {}", path, std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) fail(ErrorCode::kIo, "{}: is a directory, not a file", path);
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace akin
