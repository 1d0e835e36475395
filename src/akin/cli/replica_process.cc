#include "akin/cli/replica_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin::cli {
namespace {

constexpr std::string_view kErrorPrefix = "akin: error: ";

/// The last line of a file, without what every error of akin begins with.
std::string last_line(int descriptor) {
  std::string text(1 << 16, '\0');
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::vector<std::string_view> lines = split(text, '\n');
  if (lines.empty()) return "";
  std::string_view line = lines.back();
  if (line.starts_with(kErrorPrefix)) line.remove_prefix(kErrorPrefix.size());
  return std::string(line);
}

}  // namespace

ReplicaProcess::ReplicaProcess(const Args& args) : errors_(::memfd_create("akin replica", MFD_CLOEXEC)) {
  std::vector<std::string> words = {"akin"};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, errors_.descriptor(), STDERR_FILENO);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);  // out of the terminal's reach
  const int error = ::posix_spawn(&id_, "/proc/self/exe", &files, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    id_ = 0;
    fail(ErrorCode::kIo, "cannot start a replica: {}", std::strerror(error));
  }
}

ReplicaProcess::ReplicaProcess(ReplicaProcess&& other) noexcept
    : id_(std::exchange(other.id_, 0)), errors_(std::move(other.errors_)) {}

ReplicaProcess::~ReplicaProcess() {
  if (id_ == 0) return;
  ::kill(id_, SIGKILL);
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<std::string> ReplicaProcess::failure() {
  int status = 0;
  if (id_ == 0 || ::waitpid(id_, &status, WNOHANG) != id_) return std::nullopt;
  const pid_t id = std::exchange(id_, 0);
  if (WIFSIGNALED(status)) return fmt::format("process {} was ended by signal {}", id, WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return std::nullopt;
  const std::string line = last_line(errors_.descriptor());
  return line.empty() ? fmt::format("process {} ended with code {}", id, WEXITSTATUS(status)) : line;
}

}  // namespace akin::cli
