// Byte streams in: plain, gzip and zstd files, standard input. Out: atomic_file.h, which comes along.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "akin/base/atomic_file.h"  // IWYU pragma: export

namespace akin {

/// How far a stream is in its file, in bytes as they lie on the disk: before decompression.
struct SourcePosition {
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0 = unknown: a pipe
};

/// A readable stream of bytes.
class InputStream {
 public:
  virtual ~InputStream() = default;
  /// Fills up to buffer.size() bytes; returns how many, 0 only at the end. Throws Error(kIo) if reading
  /// fails, Error(kBadData) if a compressed stream is damaged or ends early.
  virtual std::size_t read(std::span<char> buffer) = 0;
  /// For progress: what has been taken from the file so far, read-ahead included.
  virtual SourcePosition position() const = 0;
};

/// Opens `path` ("-" = standard input). Gzip (concatenated members too) and zstd content is recognized by its
/// first bytes, whatever the name, and decompressed. Throws Error(kNotFound) or Error(kIo).
std::unique_ptr<InputStream> open_input(const std::string& path);

/// The whole content of `path`, decompressed.
std::string read_file(const std::string& path);

/// Reads lines from a stream block by block. Each line is a view into the block, valid until the next call,
/// and is followed by at least kPadding readable bytes (simdjson needs that).
class LineReader {
 public:
  static constexpr std::size_t kPadding = 64;
  explicit LineReader(const std::string& path);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  /// The next line without its "\n" or "\r\n", or nullopt at the end. A byte-order mark before the first line
  /// is skipped. Throws as InputStream::read does, and Error(kBadData) for a line over 1 GiB and for UTF-16;
  /// messages hold path:line.
  std::optional<std::string_view> next();
  /// Number of the line last returned, from 1.
  std::uint64_t line_number() const { return line_number_; }
  /// Bytes of decompressed content consumed so far.
  std::uint64_t bytes_read() const { return bytes_read_; }
  /// "path:line" of the line last returned.
  std::string position() const;
  /// How far the file is read, for progress; equal parts even where the content is compressed.
  SourcePosition source_position() const { return stream_->position(); }
  const std::string& path() const { return path_; }

 private:
  bool refill();
  std::string_view first_line(std::string_view line) const;

  std::string path_;
  std::unique_ptr<InputStream> stream_;
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // first byte not yet returned
  std::size_t end_ = 0;    // end of what was read
  bool at_end_ = false;
  std::uint64_t line_number_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace akin
