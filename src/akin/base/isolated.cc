#include "akin/base/isolated.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr char kDone = 'd', kFailed = 'f';

void write_all(int descriptor, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) ::_exit(1);
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

/// Answers "d" and the bytes, or "f", the number of an error's code and its message; the last byte says that it is
/// whole.
[[noreturn]] void be_child(int descriptor, const std::function<std::string()>& work) {
  // A library that fails must not print into the output of this program.
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) {
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(fault, SIG_DFL);
  std::string answer;
  try {
    answer = kDone + work();
  } catch (const Error& error) {
    answer = kFailed;
    answer += static_cast<char>(error.code());
    answer += error.what();
  } catch (const std::exception& error) {
    answer = kFailed;
    answer += static_cast<char>(ErrorCode::kInternal);
    answer += error.what();
  }
  answer += '\n';
  write_all(descriptor, answer.data(), answer.size());
  ::_exit(0);
}

}  // namespace

std::optional<std::string> run_isolated(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    fail(ErrorCode::kIo, "cannot make a pipe: {}", std::strerror(errno));
  const pid_t child = ::fork();
  if (child < 0) {
    const int reason = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    fail(ErrorCode::kIo, "cannot start a process: {}", std::strerror(reason));
  }
  if (child == 0) be_child(ends[1], work);
  ::close(ends[1]);
  std::string answer;
  std::array<char, 1 << 16> block;
  while (true) {
    const ssize_t got = ::read(ends[0], block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    answer.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  const bool whole =
      WIFEXITED(status) && WEXITSTATUS(status) == 0 && answer.size() >= 2 && answer.back() == '\n';
  if (!whole) return std::nullopt;
  answer.pop_back();
  if (answer.front() == kDone) return answer.substr(1);
  fail(static_cast<ErrorCode>(answer.at(1)), "{}", answer.substr(2));
}

}  // namespace akin
