#include "akin/cli/serve_lines.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/cli/output.h"
#include "akin/report/request_lines.h"

namespace akin::cli {
namespace {

constexpr std::size_t kLongest = std::size_t{16} << 20;

/// Lines as they come: whoever asks waits for the answer before the next request, so nothing is read ahead.
class Requests {
 public:
  explicit Requests(const Context& context) : context_(context) {}

  /// The next line; false at the end. A line that is too long comes as its first kLongest bytes.
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      const std::size_t end = rest_.find('\n');
      const std::size_t room = kLongest - line.size();
      line.append(rest_, 0, std::min({end, rest_.size(), room}));
      if (end != std::string::npos) {
        rest_.erase(0, end + 1);
        return true;
      }
      rest_.clear();
      if (!read()) return !line.empty();
    }
  }

 private:
  bool read() {
    std::array<char, 1 << 16> block;
    for (;;) {
      context_.check_stop();
      const ssize_t size = ::read(STDIN_FILENO, block.data(), block.size());
      if (size > 0) rest_.assign(block.data(), static_cast<std::size_t>(size));
      if (size >= 0) return size > 0;
      if (errno == EINTR) continue;
      context_.check_stop();
      fail(ErrorCode::kIo, "standard input: cannot read: {}", std::strerror(errno));
    }
  }

  const Context& context_;
  std::string rest_;
};

}  // namespace

void serve_lines(const Service& service, const RecommendRequest& defaults, const Context& context) {
  Requests requests(context);
  for (std::string line; requests.next(line);) {
    if (trimmed(line).empty()) continue;
    print_bytes(line.size() < kLongest ? answer_request(service, line, defaults) + "\n"
                                       : R"({"error":"the line is longer than 16 MiB"})"
                                         "\n");
    flush_output();
  }
}

}  // namespace akin::cli
