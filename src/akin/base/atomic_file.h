// Files that appear whole or not at all.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// Where the bytes written to a path go.
struct OutputTarget {
  enum class Kind {
    kStandardOutput,
    kDescriptor,  ///< another open file of this process, such as /dev/stderr
    kStream,      ///< what is no regular file: a device, a pipe; written through, never replaced
    kFile,        ///< a regular file, or one that is not there yet
  };
  Kind kind = Kind::kFile;
  std::string path;  ///< symbolic links followed
  int descriptor = -1;
};

/// "-" is standard output, and so is a path that leads to it, such as /dev/stdout. Throws Error(kIo) for a
/// folder and for symbolic links that form a loop, Error(kUsage) for an empty path.
OutputTarget resolve_output(const std::string& path);

/// Throws Error(kIo) where AtomicFile could not write `path`: its folder is not there, or the system forbids it.
void check_writable(const std::string& path);

/// A name beside `target` for a file or folder until it is complete, which no other process takes: TARGET
/// (a hash of it if it is long), ".akin-tmp", the process and a number.
class TemporaryName {
 public:
  enum class Kind { kFile, kFolder };
  /// Creates the file or folder with `mode` less the umask, and holds a lock on it. First deletes what
  /// processes that were killed left behind for the same target and is of this kind. Throws Error(kIo).
  TemporaryName(const std::string& target, Kind kind, unsigned mode);
  /// Deletes it, unless it was released.
  ~TemporaryName();
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  /// It has another name now.
  void release() { path_.clear(); }

 private:
  std::string path_;
  Kind kind_;
  int descriptor_ = -1;
};

/// Deletes temporary files, or folders, for `target` of processes that are gone. Those of running ones, names
/// that are not exactly such, and whatever has the name but is a link or of another kind, stay.
void delete_stale_temporaries(const std::string& target, TemporaryName::Kind kind);

/// Writes a file whole or not at all: bytes go to a temporary name beside it; commit() flushes them to the
/// disk and renames. Without commit() nothing changes.
///
/// A symbolic link stays, and what it leads to is replaced or created. A file that is replaced passes its
/// mode on, and its owner and group where the system allows; a new one gets what the umask leaves. Other hard
/// links keep the old content. What is no regular file (a device, a pipe) is written through at once; "-" is
/// standard output.
class AtomicFile {
 public:
  /// Throws Error(kIo) where nothing can be written.
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void write(const void* data, std::size_t size) { write({static_cast<const char*>(data), size}); }
  /// Makes the file appear under its name, or hands it to the CommitTogether of this thread. Throws Error(kIo),
  /// also for write errors before (a full disk).
  void commit();

 private:
  void open(int descriptor);
  [[noreturn]] void fail_write() const;

  std::string path_;
  OutputTarget target_;
  std::unique_ptr<TemporaryName> temporary_;  // of a regular file
  std::FILE* file_ = nullptr;
};

/// Several files that appear together: while it lives, AtomicFile::commit() of this thread writes each file to
/// the disk under its temporary name and renames none. What can fail, such as a full disk, has then failed
/// before the first one is replaced. Without commit() nothing changes. There is one at a time in a thread.
class CommitTogether {
 public:
  CommitTogether();
  ~CommitTogether();
  CommitTogether(const CommitTogether&) = delete;
  CommitTogether& operator=(const CommitTogether&) = delete;

  /// Renames all, in the order in which they were written. Throws Error(kIo) naming the first that the system
  /// refuses to rename; those behind it stay as they are.
  void commit();

 private:
  friend class AtomicFile;
  struct Waiting {
    std::string path;    // as the caller named it
    std::string target;  // symbolic links followed
    std::unique_ptr<TemporaryName> temporary;
  };
  std::vector<Waiting> waiting_;
};

/// AtomicFile in one call.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace akin
