// The one place where the paths that a command reads are compared with those that it writes.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace akin::cli {

/// A path that a command is going to read or to write, and the flag that says so.
struct PathUse {
  enum class Kind {
    kRead,
    kWrite,         ///< a file
    kWritePattern,  ///< files: the first {} in the name is a number
    kWriteFolder,   ///< any files below a folder
  };
  std::string flag;  ///< as a person typed it, such as "-o/--out" or "BUNDLE"
  std::string path;  ///< "-" is a standard stream, which clashes with nothing
  Kind kind = Kind::kRead;
  /// Of what is read: whether it is read as a whole before anything is written, and may then be replaced.
  std::function<bool()> may_be_replaced = {};
  /// Of what is written because of another output of the same flag: the path of that.
  std::string beside = {};
  /// Of what is written: whether it is the file that was read, and may be named twice.
  bool in_place = false;
};

/// Throws Error(kUsage) naming both flags if a path that is written is also read, is inside a folder that is
/// written as a whole, or is written twice. Files that exist are compared by device and number, so links of
/// both kinds are seen through; others by their absolute names. Character devices clash with nothing, but beside
/// a device or pipe nothing is written: Error(kUsage). Then throws Error(kIo) for the first file that cannot be
/// written. Nothing is read or written before.
void check_paths(const std::vector<PathUse>& uses);

}  // namespace akin::cli
