#include "akin/base/same_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/hash.h"

namespace akin {
namespace {

/// Size and hash; empty for what cannot be read, and for a pipe, which can be read but once.
std::string content_of(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  std::vector<char> piece(1 << 16);
  std::uint64_t hash = 0;
  for (bool whole = true; whole && file;) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const std::string_view read(piece.data(), static_cast<std::size_t>(file.gcount()));
    whole = read.find("\"akin.checksum\"") == read.npos;
    hash = hash_bytes(read.data(), read.size(), hash);
  }
  return error || file.bad() || !file.is_open() ? std::string() : fmt::format("{} {:016x}", size, hash);
}

}  // namespace

void check_same_file(const Communicator& ranks, const std::string& path) {
  if (ranks.alone()) return;
  const std::vector<std::string> contents = gather_texts(ranks, content_of(path));
  for (std::size_t r = 1; r < contents.size(); ++r) {
    if (contents[r] == contents[0] || contents[r].empty() || contents[0].empty()) continue;
    fail(ErrorCode::kUsage, "{}: is another file at rank {} than at rank 0; all must read the same one", path,
         r);
  }
}

}  // namespace akin
