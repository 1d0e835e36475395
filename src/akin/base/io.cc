#include "akin/base/io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kLongestLine = std::size_t{1} << 30;

std::string system_message() { return std::strerror(errno); }

std::string display_name(const std::string& path) { return path == "-" ? "standard input" : path; }

/// A file descriptor that can look at its first bytes without consuming them.
class FileStream : public InputStream {
 public:
  explicit FileStream(const std::string& path) : path_(display_name(path)) {
    if (path == "-") {
      fd_ = STDIN_FILENO;
    } else {
      fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd_ < 0 && errno == ENOENT) fail(ErrorCode::kNotFound, "{}: no such file", path);
      if (fd_ < 0) fail(ErrorCode::kIo, "{}: cannot open: {}", path, system_message());
      struct stat status {};
      if (::fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) {
        ::close(fd_);
        fail(ErrorCode::kIo, "{}: is a directory, not a file", path);
      }
    }
    struct stat status {};
    if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
      position_.total = static_cast<std::uint64_t>(status.st_size);
    while (head_size_ < sizeof head_) {
      const std::size_t got = read_descriptor({head_ + head_size_, sizeof head_ - head_size_});
      if (got == 0) break;
      head_size_ += got;
    }
  }
  ~FileStream() override {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  bool starts_with(std::string_view magic) const {
    return head_size_ >= magic.size() && std::memcmp(head_, magic.data(), magic.size()) == 0;
  }
  const std::string& path() const { return path_; }
  SourcePosition position() const override { return position_; }

  std::size_t read(std::span<char> buffer) override {
    if (head_used_ < head_size_) {
      const std::size_t count = std::min(buffer.size(), head_size_ - head_used_);
      std::memcpy(buffer.data(), head_ + head_used_, count);
      head_used_ += count;
      return count;
    }
    return read_descriptor(buffer);
  }

 private:
  std::size_t read_descriptor(std::span<char> buffer) {
    for (;;) {
      const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
      if (got >= 0) {
        position_.done += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) fail(ErrorCode::kIo, "{}: cannot read: {}", path_, system_message());
    }
  }

  std::string path_;
  int fd_ = -1;
  char head_[4] = {};
  std::size_t head_size_ = 0;
  std::size_t head_used_ = 0;
  SourcePosition position_;
};

class GzipStream : public InputStream {
 public:
  explicit GzipStream(std::unique_ptr<FileStream> source) : source_(std::move(source)), input_(kBlock) {
    constexpr int kGzipOnly = 15 + 16;
    if (inflateInit2(&state_, kGzipOnly) != Z_OK) fail(ErrorCode::kInternal, "zlib did not start");
  }
  ~GzipStream() override { inflateEnd(&state_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  std::size_t read(std::span<char> buffer) override {
    if (buffer.empty()) return 0;
    state_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    state_.avail_out = static_cast<uInt>(std::min<std::size_t>(buffer.size(), 1u << 30));
    const uInt room = state_.avail_out;
    while (state_.avail_out == room) {
      if (state_.avail_in == 0 && !refill()) {
        if (inside_member_)
          fail(ErrorCode::kBadData, "{}: the gzip archive ends early (truncated)", source_->path());
        return 0;
      }
      inside_member_ = true;
      const int result = inflate(&state_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {  // another member may follow
        inside_member_ = false;
        inflateReset(&state_);
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        fail(ErrorCode::kBadData, "{}: the gzip archive is damaged ({})", source_->path(),
             state_.msg ? state_.msg : "unknown reason");
      }
    }
    return room - state_.avail_out;
  }
  SourcePosition position() const override { return source_->position(); }

 private:
  bool refill() {
    const std::size_t got = source_->read(input_);
    state_.next_in = reinterpret_cast<Bytef*>(input_.data());
    state_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  std::unique_ptr<FileStream> source_;
  std::vector<char> input_;
  z_stream state_ = {};
  bool inside_member_ = false;
};

class ZstdStream : public InputStream {
 public:
  explicit ZstdStream(std::unique_ptr<FileStream> source)
      : source_(std::move(source)), input_(kBlock), state_(ZSTD_createDCtx(), ZSTD_freeDCtx) {}

  std::size_t read(std::span<char> buffer) override {
    ZSTD_outBuffer out = {buffer.data(), buffer.size(), 0};
    while (out.pos == 0 && out.size > 0) {
      if (in_.pos == in_.size && !flushing_) {
        in_ = {input_.data(), source_->read(input_), 0};
        if (in_.size == 0) {
          if (inside_frame_)
            fail(ErrorCode::kBadData, "{}: the zstd archive ends early (truncated)", source_->path());
          return 0;
        }
      }
      const std::size_t result = ZSTD_decompressStream(state_.get(), &out, &in_);
      if (ZSTD_isError(result)) {
        fail(ErrorCode::kBadData, "{}: the zstd archive is damaged ({})", source_->path(),
             ZSTD_getErrorName(result));
      }
      inside_frame_ = result != 0;
      flushing_ = inside_frame_ && out.pos == out.size;  // output may be waiting inside the decoder
    }
    return out.pos;
  }
  SourcePosition position() const override { return source_->position(); }

 private:
  std::unique_ptr<FileStream> source_;
  std::vector<char> input_;
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> state_;
  ZSTD_inBuffer in_ = {nullptr, 0, 0};
  bool inside_frame_ = false;
  bool flushing_ = false;
};

}  // namespace

std::unique_ptr<InputStream> open_input(const std::string& path) {
  auto file = std::make_unique<FileStream>(path);
  if (file->starts_with("\x1f\x8b")) return std::make_unique<GzipStream>(std::move(file));
  if (file->starts_with("\x28\xb5\x2f\xfd")) return std::make_unique<ZstdStream>(std::move(file));
  return file;
}

std::string read_file(const std::string& path) {
  const auto stream = open_input(path);
  std::string content;
  std::size_t size = 0;
  for (;;) {
    content.resize(size + kBlock);
    const std::size_t got = stream->read({content.data() + size, kBlock});
    size += got;
    if (got == 0) break;
  }
  content.resize(size);
  return content;
}

LineReader::LineReader(const std::string& path)
    : path_(display_name(path)),
      stream_(open_input(path)),
      block_(new char[kBlock + kPadding]),
      capacity_(kBlock) {
  std::memset(block_.get(), 0, kPadding);
}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

std::string LineReader::position() const { return fmt::format("{}:{}", path_, line_number_); }

/// The first line without a byte-order mark. Throws Error(kBadData) where the mark is that of UTF-16.
std::string_view LineReader::first_line(std::string_view line) const {
  if (line.starts_with("\xef\xbb\xbf")) return line.substr(3);
  const bool marked = line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff");
  if (marked && line.find('\0') != std::string_view::npos) {
    fail(ErrorCode::kBadData, "{}: is UTF-16 text; convert it first: iconv -f UTF-16 -t UTF-8", path_);
  }
  return line;
}

/// Moves the unfinished line to the front and reads more behind it. False if the input has ended.
bool LineReader::refill() {
  if (at_end_) return false;
  const std::size_t kept = end_ - begin_;
  if (kept >= kLongestLine) {
    fail(ErrorCode::kBadData, "{}:{}: a line of over 1 GiB; is this a text file?", path_, line_number_ + 1);
  }
  if (kept > capacity_ / 2) {  // a long line: double the block
    auto larger = std::unique_ptr<char[]>(new char[2 * capacity_ + kPadding]);
    std::memcpy(larger.get(), block_.get() + begin_, kept);
    block_ = std::move(larger);
    capacity_ *= 2;
  } else {
    std::memmove(block_.get(), block_.get() + begin_, kept);
  }
  begin_ = 0;
  end_ = kept;
  const std::size_t got = stream_->read({block_.get() + end_, capacity_ - end_});
  end_ += got;
  std::memset(block_.get() + end_, 0, kPadding);
  at_end_ = got == 0;
  return !at_end_;
}

std::optional<std::string_view> LineReader::next() {
  std::size_t searched = begin_;
  for (;;) {
    const char* const start = block_.get();
    const void* const found = std::memchr(start + searched, '\n', end_ - searched);
    std::size_t stop = end_;
    if (found != nullptr) {
      stop = static_cast<std::size_t>(static_cast<const char*>(found) - start);
    } else {
      const std::size_t already = end_ - begin_;
      if (refill()) {
        searched = begin_ + already;
        continue;
      }
      if (begin_ == end_) return std::nullopt;
      stop = end_;  // the last line has no newline
    }
    std::string_view line(block_.get() + begin_, stop - begin_);
    const std::size_t consumed = line.size() + (found != nullptr ? 1 : 0);
    begin_ += consumed;
    bytes_read_ += consumed;
    if (++line_number_ == 1) line = first_line(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
}

}  // namespace akin
