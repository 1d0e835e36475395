// A place in a stream of bytes that is neither text nor tensors alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/io.h"

namespace akin {

/// Takes bytes from a file, of any compression, from its begin to its end. Memory is that of the longest piece
/// taken. Views are valid until the next call.
class ByteCursor {
 public:
  /// Throws as open_input() does.
  explicit ByteCursor(const std::string& path);
  /// Of a stream; `name` stands in messages.
  ByteCursor(std::string name, std::unique_ptr<InputStream> stream);

  const std::string& path() const { return path_; }
  /// The first bytes, as InputStream::head().
  std::string_view head() const { return stream_->head(); }
  /// Bytes that are left, where that is known.
  std::optional<std::uint64_t> left() const;
  bool at_end() { return available(1) == 0; }
  /// The next byte, which must exist.
  char peek() {
    available(1);
    return buffer_[begin_];
  }
  /// The next `count` bytes; fewer only at the end of the file.
  std::string_view take(std::size_t count);
  /// Up to the next `end`, which is passed over, or to the end of the file. Throws Error(kBadData) beyond
  /// LineReader::kLongestRecord bytes.
  std::string_view until(char end);
  /// The next line, without its end.
  std::string_view line();
  /// The same, and it stays to be read; cut off where it is too long.
  std::string_view peek_line();

  std::size_t line_number() const { return lines_ + 1; }
  [[noreturn]] void bad(std::string_view message, std::size_t line) const;

 private:
  /// Reads until so many bytes are there, or the file ends; returns how many of them there are.
  std::size_t available(std::size_t wanted);
  /// Where the next `end` is, counted from here; as many bytes as there are if it is not among the first
  /// kLongestRecord.
  std::size_t find(char end);

  std::string path_;
  std::unique_ptr<InputStream> stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t taken_ = 0;
  std::size_t lines_ = 0;
  bool ended_ = false;
};

}  // namespace akin
