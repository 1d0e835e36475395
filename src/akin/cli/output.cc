#include "akin/cli/output.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin::cli {
namespace {

bool reader_gone = false;

/// True if nobody reads any more, which is fine; any other reason is an error.
bool check_output(int reason) {
  if (reason == EPIPE) return reader_gone = true;
  fail(ErrorCode::kIo, "standard output: cannot write: {}", std::strerror(reason));
}

}  // namespace

void prepare_streams() {
  // Else the first file opened would get the descriptor of a stream and receive what is printed to it.
  // Standard output becomes a read-only /dev/null: writing to it fails, as it should where there is nowhere
  // to write.
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY);
  }
  // A write fails instead, and who writes says so and leaves nothing behind: nobody reads any more, or a limit on
  // the size of files is reached.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void print(std::string_view text) { print_bytes(printable(text, Shown::kLines)); }

void print_bytes(std::string_view bytes) {
  if (reader_gone || bytes.empty()) return;
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) check_output(errno);
}

void print_json(const nlohmann::json& value) {
  print_bytes(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void flush_output() {
  if (!reader_gone && std::fflush(stdout) != 0) check_output(errno);
}

void print_error_line(std::string_view text) {
  const std::string line = printable(text) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);  // nothing is left to do if even this fails
}

bool error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

int terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace akin::cli
