#include "akin/base/io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

}  // namespace

LineReader::LineReader(const std::string& path, std::size_t longest)
    : LineReader(display_name(path), open_text(path), longest, 1) {}
LineReader::LineReader(std::string name, std::unique_ptr<InputStream> stream, std::size_t longest,
                       std::uint64_t first_line)
    : path_(std::move(name)),
      longest_(longest),
      stream_(std::move(stream)),
      block_(new char[kBlock + kPadding]),
      capacity_(kBlock),
      line_number_(first_line - 1) {
  std::memset(block_.get(), 0, kPadding);
}
LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

std::string LineReader::position() const { return fmt::format("{}:{}", path_, line_number_); }

void LineReader::too_long() const {
  const bool large = longest_ >= std::size_t{1} << 20;
  fail(ErrorCode::kBadData, "{}:{}: a line of over {} {}; is this the right file?", path_, line_number_ + 1,
       longest_ >> (large ? 20 : 10), large ? "MiB" : "KiB");
}

/// Moves the unfinished line to the front and reads more behind it. False if the input has ended.
bool LineReader::refill() {
  if (at_end_) return false;
  const std::size_t kept = end_ - begin_;
  if (kept > longest_) too_long();
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
    if (line.size() > longest_) too_long();
    const std::size_t consumed = line.size() + (found != nullptr ? 1 : 0);
    begin_ += consumed;
    bytes_read_ += consumed;
    if (++line_number_ == 1 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
}

}  // namespace akin
