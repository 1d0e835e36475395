// Where bytes come from: files, standard input, archives; what they are is looked at before anybody reads them.
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
#include "akin/base/file_content.h"
#include "akin/base/io.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

std::string system_message() { return std::strerror(errno); }

class FileStream : public InputStream {
 public:
  explicit FileStream(const std::string& path) : path_(display_name(path)) {
    if (path == "-") {
      fd_ = STDIN_FILENO;
    } else {
      fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd_ < 0 && errno == ENOENT) fail(ErrorCode::kNotFound, "{}: no such file", path);
      if (fd_ < 0) fail(ErrorCode::kIo, "{}: cannot open: {}", path, system_message());
    }
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      if (fd_ != STDIN_FILENO) ::close(fd_);
      fail(ErrorCode::kIo, "{}: is a directory, not a file", path_);
    }
    if (S_ISREG(status.st_mode) && status.st_size > 0)
      position_.total = static_cast<std::uint64_t>(status.st_size);
  }
  ~FileStream() override {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;

  SourcePosition position() const override { return position_; }
  std::optional<std::uint64_t> size() const override {
    return position_.total > 0 ? std::optional(position_.total) : std::nullopt;
  }

  std::size_t read(std::span<char> buffer) override {
    for (;;) {
      const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
      if (got >= 0) {
        position_.done += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) fail(ErrorCode::kIo, "{}: cannot read: {}", path_, system_message());
    }
  }

 private:
  std::string path_;
  int fd_ = -1;
  SourcePosition position_;
};

/// A stream whose first bytes can be looked at without consuming them.
class HeadStream : public InputStream {
 public:
  explicit HeadStream(std::unique_ptr<InputStream> source) : source_(std::move(source)) {
    constexpr std::size_t kEnough = 16;  // what comes from a pipe later is not waited for
    while (size_ < kEnough) {
      const std::size_t got = source_->read({head_ + size_, sizeof head_ - size_});
      if (got == 0) break;
      size_ += got;
    }
  }
  std::string_view head() const override { return {head_, size_}; }
  SourcePosition position() const override { return source_->position(); }
  std::optional<std::uint64_t> size() const override { return source_->size(); }
  std::size_t read(std::span<char> buffer) override {
    if (used_ == size_) return source_->read(buffer);
    const std::size_t count = std::min(buffer.size(), size_ - used_);
    std::memcpy(buffer.data(), head_ + used_, count);
    used_ += count;
    return count;
  }

 private:
  std::unique_ptr<InputStream> source_;
  char head_[kHeadBytes];
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

/// Counts what an archive has become, and refuses what grows as no data does: it is made to fill the memory.
class Expansion {
 public:
  void add(std::size_t bytes, const InputStream& source, const std::string& path) {
    constexpr std::uint64_t kHarmless = std::uint64_t{256} << 20;
    constexpr std::uint64_t kMostTimes = 250;  // texts and numbers shrink to a third or a thirtieth
    bytes_ += bytes;
    if (bytes_ > kHarmless && bytes_ / kMostTimes > source.position().done)
      fail(ErrorCode::kBadData,
           "{}: becomes over {} times larger than the archive is; if that is meant, unpack it first", path,
           kMostTimes);
  }

 private:
  std::uint64_t bytes_ = 0;
};

class GzipStream : public InputStream {
 public:
  GzipStream(std::unique_ptr<InputStream> source, std::string path)
      : source_(std::move(source)), path_(std::move(path)), input_(kBlock) {
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
        if (inside_member_) fail(ErrorCode::kBadData, "{}: the gzip archive ends early (truncated)", path_);
        return 0;
      }
      inside_member_ = true;
      const int result = inflate(&state_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {  // another member may follow
        inside_member_ = false;
        inflateReset(&state_);
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        fail(ErrorCode::kBadData, "{}: the gzip archive is damaged ({})", path_,
             state_.msg ? state_.msg : "unknown reason");
      }
    }
    expansion_.add(room - state_.avail_out, *source_, path_);
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

  std::unique_ptr<InputStream> source_;
  std::string path_;
  std::vector<char> input_;
  z_stream state_ = {};
  bool inside_member_ = false;
  Expansion expansion_;
};

class ZstdStream : public InputStream {
 public:
  ZstdStream(std::unique_ptr<InputStream> source, std::string path)
      : source_(std::move(source)),
        path_(std::move(path)),
        input_(kBlock),
        state_(ZSTD_createDCtx(), ZSTD_freeDCtx) {}

  std::size_t read(std::span<char> buffer) override {
    ZSTD_outBuffer out = {buffer.data(), buffer.size(), 0};
    while (out.pos == 0 && out.size > 0) {
      if (in_.pos == in_.size && !flushing_) {
        in_ = {input_.data(), source_->read(input_), 0};
        if (in_.size == 0) {
          if (inside_frame_) fail(ErrorCode::kBadData, "{}: the zstd archive ends early (truncated)", path_);
          return 0;
        }
      }
      const std::size_t result = ZSTD_decompressStream(state_.get(), &out, &in_);
      if (ZSTD_isError(result))
        fail(ErrorCode::kBadData, "{}: the zstd archive is damaged ({})", path_, ZSTD_getErrorName(result));
      inside_frame_ = result != 0;
      flushing_ = inside_frame_ && out.pos == out.size;  // output may be waiting inside the decoder
    }
    expansion_.add(out.pos, *source_, path_);
    return out.pos;
  }
  SourcePosition position() const override { return source_->position(); }

 private:
  std::unique_ptr<InputStream> source_;
  std::string path_;
  std::vector<char> input_;
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> state_;
  ZSTD_inBuffer in_ = {nullptr, 0, 0};
  bool inside_frame_ = false;
  bool flushing_ = false;
  Expansion expansion_;
};

}  // namespace

std::string display_name(const std::string& path) { return path == "-" ? "standard input" : path; }

std::unique_ptr<InputStream> open_input(const std::string& path) {
  std::unique_ptr<InputStream> stream = std::make_unique<HeadStream>(std::make_unique<FileStream>(path));
  const std::string_view head = stream->head();
  const std::string name = display_name(path);
  if (!is_safetensors(head)) {
    if (head.starts_with("\x1f\x8b"))
      stream = std::make_unique<HeadStream>(std::make_unique<GzipStream>(std::move(stream), name));
    else if (head.starts_with("\x28\xb5\x2f\xfd"))
      stream = std::make_unique<HeadStream>(std::make_unique<ZstdStream>(std::move(stream), name));
  }
  if (const auto foreign = foreign_content(stream->head()))
    fail(ErrorCode::kBadData, "{}: {}", name, *foreign);
  return stream;
}

std::unique_ptr<InputStream> open_text(const std::string& path) {
  auto stream = open_input(path);
  if (const auto other = not_text(stream->head()))
    fail(ErrorCode::kBadData, "{}: {}", display_name(path), *other);
  return stream;
}

std::size_t read_fully(InputStream& stream, std::span<char> buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const std::size_t got = stream.read(buffer.subspan(done));
    if (got == 0) break;
    done += got;
  }
  return done;
}

std::string read_up_to(InputStream& stream, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::size_t before = bytes.size();
    bytes.resize(before + std::min(size - before, std::max(kBlock, before)));
    const std::size_t got = read_fully(stream, std::span(bytes).subspan(before));
    if (before + got < bytes.size()) {
      bytes.resize(before + got);
      break;
    }
  }
  return bytes;
}

std::string read_file(const std::string& path) {
  const auto stream = open_input(path);
  return read_up_to(*stream, std::string::npos - 1);
}

std::string read_text(const std::string& path, std::size_t limit) {
  const auto stream = open_text(path);
  std::string text = read_up_to(*stream, limit + 1);
  if (text.size() > limit)
    fail(ErrorCode::kBadData, "{}: is larger than {} MiB; is this the right file?", display_name(path),
         limit >> 20);
  return text;
}

}  // namespace akin
