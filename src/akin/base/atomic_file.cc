#include "akin/base/atomic_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "akin/base/error.h"
#include "akin/base/hash.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr int kMostLinks = 40;  // as Linux follows
constexpr std::string_view kMark = ".akin-tmp";
thread_local CommitTogether* together = nullptr;  // of this thread, if there is one

constexpr std::size_t kLongestLeaf = 200;  // names may have 255 bytes, and the mark needs some

[[noreturn]] void fail_output(const std::string& path, std::string_view reason) {
  fail(ErrorCode::kIo, "{}: cannot write: {}", path, reason);
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

template <typename T>
std::optional<T> whole_number(std::string_view text) {
  T number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The links in /proc are no paths: "pipe:[42]", or a file that may have another name by now.
bool is_in_proc(const std::string& path) {
  struct statfs system {};
  return ::statfs(folder_of(path).c_str(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/// N if the path is /proc/self/fd/N, however it is written.
std::optional<int> own_descriptor(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::canonical(folder_of(path), error);
  if (error || folder != fmt::format("/proc/{}/fd", ::getpid())) return std::nullopt;
  return whole_number<int>(fs::path(path).filename().string());
}

OutputTarget target_in_proc(const std::string& path, const std::string& link) {
  struct stat status {};
  if (::stat(link.c_str(), &status) != 0) fail_output(path, std::strerror(errno));
  if (S_ISDIR(status.st_mode)) fail_output(path, "it is a folder");
  const std::optional<int> descriptor = own_descriptor(link);
  if (!descriptor) return {OutputTarget::Kind::kStream, link};
  using Kind = OutputTarget::Kind;
  return {*descriptor == STDOUT_FILENO ? Kind::kStandardOutput : Kind::kDescriptor, link, *descriptor};
}

std::string linked_path(const std::string& path, const std::string& link) {
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  if (error) fail_output(path, error.message());
  return target.is_absolute() ? target.string() : (fs::path(link).parent_path() / target).string();
}

struct stat status_of(const std::string& path, const std::string& name, bool& exists) {
  struct stat status {};
  exists = ::lstat(path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail_output(name, std::strerror(errno));
  return status;
}

/// The beginning of every temporary name for the target, without its folder.
std::string temporary_stem(const std::string& target) {
  const std::string leaf = fs::path(target).filename().string();
  if (leaf.size() <= kLongestLeaf) return leaf + std::string(kMark);
  return fmt::format("{:016x}{}", hash_bytes(leaf.data(), leaf.size(), 0), kMark);
}

/// Whether `name` is STEM<process>-<number> of a process that is gone.
bool is_stale(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return false;
  name.remove_prefix(stem.size());
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return false;
  const std::optional<pid_t> process = whole_number<pid_t>(name.substr(0, dash));
  if (!process || *process < 1 || !whole_number<std::uint32_t>(name.substr(dash + 1))) return false;
  return ::kill(*process, 0) != 0 && errno == ESRCH;
}

/// A file never as a folder, whatever took its name in the meantime.
void delete_temporary(const std::string& path, TemporaryName::Kind kind) {
  std::error_code ignored;  // left behind only if the disk refuses to delete
  if (kind == TemporaryName::Kind::kFolder)
    fs::remove_all(path, ignored);
  else
    ::unlink(path.c_str());
}

/// Deletes a temporary file or folder that nobody holds a lock on: the process may run in another container.
void delete_unlocked(const std::string& path, TemporaryName::Kind kind) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat status {};
  const bool ours =
      ::fstat(descriptor, &status) == 0 &&
      (kind == TemporaryName::Kind::kFolder ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode));
  if (ours && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) delete_temporary(path, kind);
  ::close(descriptor);
}

/// Owner, group and mode of the file that is replaced. The group's rights are meant for that group only.
void pass_on(const struct stat& old, int descriptor) {
  const auto same = static_cast<uid_t>(-1);
  mode_t mode = old.st_mode & 0777;
  if (::fchown(descriptor, old.st_uid, old.st_gid) != 0 && ::fchown(descriptor, same, old.st_gid) != 0)
    mode &= ~mode_t{070} | ((mode & 07) << 3);
  ::fchmod(descriptor, mode);
}

}  // namespace

OutputTarget resolve_output(const std::string& path) {
  using Kind = OutputTarget::Kind;
  if (path == "-") return {Kind::kStandardOutput, path, STDOUT_FILENO};
  if (path.empty()) fail(ErrorCode::kUsage, "the file to write has no name");
  std::string target = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    bool exists = false;
    const struct stat status = status_of(target, path, exists);
    if (!exists || S_ISREG(status.st_mode)) return {Kind::kFile, target};
    if (S_ISDIR(status.st_mode)) fail_output(path, "it is a folder");
    if (!S_ISLNK(status.st_mode)) return {Kind::kStream, target};
    if (is_in_proc(target)) return target_in_proc(path, target);
    target = linked_path(path, target);
  }
  fail_output(path, "its symbolic links form a loop");
}

void check_writable(const std::string& path) {
  const OutputTarget target = resolve_output(path);
  const auto may = [](const std::string& name, int how) {
    return ::faccessat(AT_FDCWD, name.c_str(), how, AT_EACCESS) == 0;
  };
  if (target.kind == OutputTarget::Kind::kStream && !may(target.path, W_OK))
    fail_output(path, std::strerror(errno));
  if (target.kind != OutputTarget::Kind::kFile) return;
  if (target.path.ends_with('/')) fail_output(path, "it is the name of a folder");
  const std::string folder = folder_of(target.path);
  if (!may(folder, F_OK)) fail_output(path, fmt::format("the folder {} does not exist", folder));
  if (!may(folder, W_OK | X_OK))
    fail_output(path, fmt::format("the folder {}: {}", folder, std::strerror(errno)));
  if (may(target.path, F_OK) && !may(target.path, W_OK)) fail_output(path, std::strerror(errno));
  // Permissions do not tell all: in /proc nobody creates files.
  const TemporaryName trial(target.path, TemporaryName::Kind::kFile, 0600);
}

void delete_stale_temporaries(const std::string& target, TemporaryName::Kind kind) {
  const std::string stem = temporary_stem(target), folder = folder_of(target);
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (is_stale(entries->path().filename().string(), stem)) delete_unlocked(entries->path().string(), kind);
  }
}

TemporaryName::TemporaryName(const std::string& target, Kind kind, unsigned mode) : kind_(kind) {
  static std::atomic<unsigned> counter{0};
  delete_stale_temporaries(target, kind);
  const std::string begin = (fs::path(folder_of(target)) / temporary_stem(target)).string();
  while (descriptor_ < 0) {
    path_ = fmt::format("{}{}-{}", begin, ::getpid(), counter++);
    if (kind == Kind::kFile) {
      descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } else if (::mkdir(path_.c_str(), mode) == 0) {
      descriptor_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (descriptor_ < 0 && errno != EEXIST) fail_output(target, std::strerror(errno));
  }
  ::flock(descriptor_, LOCK_EX | LOCK_NB);  // where the file system knows no locks, the process alone tells
}

TemporaryName::~TemporaryName() {
  if (!path_.empty()) delete_temporary(path_, kind_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(resolve_output(path_)) {
  using Kind = OutputTarget::Kind;
  if (target_.kind == Kind::kStandardOutput) {
    file_ = stdout;
  } else if (target_.kind == Kind::kDescriptor) {
    open(::fcntl(target_.descriptor, F_DUPFD_CLOEXEC, 0));
  } else if (target_.kind == Kind::kStream) {
    open(::open(target_.path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  } else {
    check_writable(path_);
    struct stat old {};
    const bool replaces = ::stat(target_.path.c_str(), &old) == 0;
    // Nobody may read along who could not read the old file.
    temporary_ =
        std::make_unique<TemporaryName>(target_.path, TemporaryName::Kind::kFile, replaces ? 0600 : 0666);
    if (replaces) pass_on(old, temporary_->descriptor());
    open(::fcntl(temporary_->descriptor(), F_DUPFD_CLOEXEC, 0));
  }
}

void AtomicFile::open(int descriptor) {
  if (descriptor >= 0) file_ = ::fdopen(descriptor, "wb");
  if (file_ == nullptr) fail_write();
  std::setvbuf(file_, nullptr, _IOFBF, kBlock);
}

void AtomicFile::fail_write() const {
  const std::string reason = std::strerror(errno);
  fail_output(target_.kind == OutputTarget::Kind::kStandardOutput ? "standard output" : path_, reason);
}

AtomicFile::~AtomicFile() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
}

void AtomicFile::write(std::string_view bytes) {
  if (bytes.empty()) return;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail_write();
}

void AtomicFile::commit() {
  if (std::fflush(file_) != 0) fail_write();
  std::FILE* const file = std::exchange(file_, nullptr);
  if (file == stdout) return;
  if (temporary_) {
    bool done = ::fsync(::fileno(file)) == 0 || errno == EINVAL;  // EINVAL: the file system has no fsync
    const bool now = together == nullptr;
    done = done && (!now || std::rename(temporary_->path().c_str(), target_.path.c_str()) == 0);
    if (!done) {
      const int reason = errno;
      std::fclose(file);
      errno = reason;
      fail_write();
    }
    if (now)
      temporary_->release();
    else
      together->waiting_.push_back({path_, target_.path, std::move(temporary_)});
  }
  if (std::fclose(file) != 0) fail_write();
}

CommitTogether::CommitTogether() {
  AKIN_ASSERT(together == nullptr);
  together = this;
}

CommitTogether::~CommitTogether() { together = nullptr; }

void CommitTogether::commit() {
  for (const Waiting& file : waiting_) {
    if (std::rename(file.temporary->path().c_str(), file.target.c_str()) != 0)
      fail_output(file.path, std::strerror(errno));
    file.temporary->release();
  }
  waiting_.clear();
}

void write_file(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace akin
