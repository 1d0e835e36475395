// Where the pictures of items are, and their bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"

namespace akin {

/// Files of pictures, none of which is in memory: of a folder and what is below it, or of an archive (tar, zip, 7z and
/// what else libarchive reads; also compressed) or of an IDX file (idx.h), whose pictures are copied to a temporary file that
/// ends with the object. Const calls are safe from many threads. Copies share the files.
class PictureFiles {
 public:
  /// Files whose name ends like that of a picture (.jpg, .jpeg, .jfif, .png, .webp, .gif, .bmp, .pgm, .ppm), by their names. A
  /// remark counts and names the others, such as an archive in an archive, and entries that are damaged or too large; hidden
  /// files are passed over. Throws Error(kIo), Error(kBadData) if there is no picture or the archive is damaged, Error(kCancelled).
  static PictureFiles open(const std::string& path, const Context& context);
  /// The files named, which need not end like pictures nor be there.
  static PictureFiles of_paths(std::vector<std::string> paths);

  std::size_t size() const;
  /// Relative to the folder or archive.
  const std::string& name(std::size_t i) const;
  /// Throws Error(kIo); Error(kBadData) beyond 256 MiB.
  std::vector<std::uint8_t> read(std::size_t i) const;
  /// The folder or archive, for messages; "" of paths.
  const std::string& source() const;

 private:
  struct Files;
  std::shared_ptr<const Files> files_;
};

/// "shoes/1163.jpg" -> "1163".
std::string_view picture_stem(std::string_view name);
/// "shoes/1163.jpg" -> "shoes"; "" if there is none.
std::string_view picture_folder(std::string_view name);
/// "1163_2.jpg" and "1163-2.jpg" -> "1163"; "" if the stem ends in no number behind such a sign.
std::string_view numbered_stem(std::string_view name);

}  // namespace akin
