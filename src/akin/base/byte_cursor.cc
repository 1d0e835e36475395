#include "akin/base/byte_cursor.h"

#include <algorithm>
#include <cstring>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

}  // namespace

ByteCursor::ByteCursor(const std::string& path) : ByteCursor(path, open_input(path)) {}

ByteCursor::ByteCursor(std::string name, std::unique_ptr<InputStream> stream)
    : path_(std::move(name)), stream_(std::move(stream)), buffer_(kBlock) {}

std::optional<std::uint64_t> ByteCursor::left() const {
  const auto size = stream_->size();
  return size ? std::optional(*size - taken_) : std::nullopt;
}

std::size_t ByteCursor::available(std::size_t wanted) {
  while (end_ - begin_ < wanted && !ended_) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    const std::size_t got = stream_->read(std::span(buffer_).subspan(end_));
    end_ += got;
    ended_ = got == 0;
  }
  return std::min(wanted, end_ - begin_);
}

std::string_view ByteCursor::take(std::size_t count) {
  const std::size_t size = available(count);
  const std::string_view bytes(buffer_.data() + begin_, size);
  lines_ += static_cast<std::size_t>(std::ranges::count(bytes, '\n'));
  begin_ += size;
  taken_ += size;
  return bytes;
}

std::size_t ByteCursor::find(char end) {
  std::size_t searched = 0;
  while (searched < LineReader::kLongestRecord && available(searched + 1) > searched) {
    const char* const start = buffer_.data() + begin_;
    const std::size_t there = end_ - begin_;
    if (const void* found = std::memchr(start + searched, end, there - searched))
      return static_cast<std::size_t>(static_cast<const char*>(found) - start);
    searched = there;
  }
  return searched;
}

std::string_view ByteCursor::until(char end) {
  const std::size_t size = find(end);
  const bool found = size < end_ - begin_;
  if (!found && !ended_)
    bad(fmt::format("no end of a line or field in {} MiB; is this the right file?",
                    LineReader::kLongestRecord >> 20),
        line_number());
  return take(size + (found ? 1 : 0)).substr(0, size);
}

std::string_view ByteCursor::line() {
  std::string_view part = until('\n');
  if (part.ends_with('\r')) part.remove_suffix(1);
  return part;
}

std::string_view ByteCursor::peek_line() {
  const std::size_t size = find('\n');
  std::string_view part(buffer_.data() + begin_, size);
  if (part.ends_with('\r')) part.remove_suffix(1);
  return part;
}

void ByteCursor::bad(std::string_view message, std::size_t line) const {
  fail(ErrorCode::kBadData, "{}:{}: {}", path_, line, message);
}

}  // namespace akin
