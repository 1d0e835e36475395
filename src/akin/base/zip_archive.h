// The files in a zip archive.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/io.h"

namespace akin {

/// A zip archive in memory, as xlsx files are. Stored and deflated files are read, encrypted ones are not.
class ZipArchive {
 public:
  static constexpr std::uint64_t kLargest = std::uint64_t{1} << 30;  ///< bytes of an archive
  static constexpr std::uint64_t kLargestFile = std::uint64_t{4} << 30;

  /// Reads the file `path` ("-" = standard input) and its list of files. Throws Error(kNotFound), Error(kIo);
  /// Error(kBadData) if it is no zip archive, damaged, or larger than kLargest.
  explicit ZipArchive(const std::string& path);

  const std::string& path() const { return path_; }
  bool has(std::string_view name) const { return files_.contains(name); }
  /// The names of all files, sorted.
  std::vector<std::string> names() const;
  /// A stream of the file's content; the archive must outlive it. Throws Error(kBadData) if there is no such file, or
  /// one whose content would be larger than kLargestFile or, over 256 MiB, 250 times what it takes in the
  /// archive; while it is read, if content and list disagree in size or checksum.
  std::unique_ptr<InputStream> open(std::string_view name) const;

 private:
  struct File {
    std::uint64_t packed = 0, size = 0, header = 0;  ///< bytes; where its local header begins
    std::uint32_t checksum = 0;
    unsigned method = 0, flags = 0;
  };
  void read_list();
  std::uint64_t number(std::uint64_t at, int bytes) const;
  std::string_view bytes(std::uint64_t at, std::uint64_t count) const;
  [[noreturn]] void damaged(std::string_view what) const;

  std::string path_;
  std::string content_;
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace akin
