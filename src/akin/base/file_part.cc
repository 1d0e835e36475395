#include "akin/base/file_part.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "akin/base/error.h"

namespace akin {
namespace {

class FilePart : public InputStream {
 public:
  FilePart(const std::string& path, std::uint64_t begin)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0)
      fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "{}: cannot open: {}", path,
           std::strerror(errno));
    const off_t end = ::lseek(fd_, 0, SEEK_END);
    if (end < 0 || ::lseek(fd_, static_cast<off_t>(begin), SEEK_SET) < 0) {
      const int reason = errno;
      ::close(fd_);
      fail(ErrorCode::kIo, "{}: cannot read from byte {} on: {}", path, begin, std::strerror(reason));
    }
    position_ = {begin, static_cast<std::uint64_t>(end)};
  }
  ~FilePart() override { ::close(fd_); }
  FilePart(const FilePart&) = delete;
  FilePart& operator=(const FilePart&) = delete;

  SourcePosition position() const override { return position_; }
  std::size_t read(std::span<char> buffer) override {
    for (;;) {
      const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
      if (got >= 0) {
        position_.done += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) fail(ErrorCode::kIo, "{}: cannot read: {}", path_, std::strerror(errno));
    }
  }

 private:
  std::string path_;
  int fd_ = -1;
  SourcePosition position_;
};

}  // namespace

std::unique_ptr<InputStream> open_file_part(const std::string& path, std::uint64_t begin) {
  return std::make_unique<FilePart>(path, begin);
}

}  // namespace akin
