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
  /// Bytes of the whole content where that is known beforehand: of plain files.
  virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
  /// Up to kHeadBytes of the first bytes, which stay to be read.
  virtual std::string_view head() const { return {}; }
};

/// `path` for messages: "-" is standard input.
std::string display_name(const std::string& path);

/// Opens `path` ("-" = standard input). Gzip (concatenated members too) and zstd content is recognized by its
/// first bytes, whatever the name, and decompressed. Throws Error(kNotFound), Error(kIo); Error(kBadData) for
/// content that akin cannot read, with what it is and what to do (file_content.h). Reading an archive throws
/// it too once over 256 MiB have become 250 times the archive: no data shrink so far.
std::unique_ptr<InputStream> open_input(const std::string& path);
/// The same for a text: what is none is refused too.
std::unique_ptr<InputStream> open_text(const std::string& path);

/// Fills the buffer; fewer bytes only at the end of the stream.
std::size_t read_fully(InputStream& stream, std::span<char> buffer);
/// The next `size` bytes, or those that are left. Memory grows with what is there, not with `size`.
std::string read_up_to(InputStream& stream, std::size_t size);

/// The whole content of `path`, decompressed.
std::string read_file(const std::string& path);
/// The whole of a text that stays in memory and becomes a tree, such as TOML or JSON. Throws as open_text()
/// does, and Error(kBadData) beyond `limit` bytes.
std::string read_text(const std::string& path, std::size_t limit = std::size_t{64} << 20);

/// Reads lines from a stream block by block. Each line is a view into the block, valid until the next call,
/// and is followed by at least kPadding readable bytes (simdjson needs that).
class LineReader {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kLongestLine = std::size_t{1} << 30;
  /// Of lines that are split into fields, each of which costs more than its bytes.
  static constexpr std::size_t kLongestRecord = std::size_t{16} << 20;
  /// Of lines that hold one id each.
  static constexpr std::size_t kLongestId = std::size_t{64} << 10;
  /// Throws as open_text() does.
  explicit LineReader(const std::string& path, std::size_t longest = kLongestLine);
  /// Lines of a stream, the first with that number; `name` stands in messages.
  LineReader(std::string name, std::unique_ptr<InputStream> stream, std::size_t longest,
             std::uint64_t first_line);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;

  /// The next line without its "\n" or "\r\n", or nullopt at the end. A byte-order mark before the first line
  /// is skipped. Throws as InputStream::read does, and Error(kBadData) for a line of over `longest` bytes;
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
  [[noreturn]] void too_long() const;

  std::string path_;
  std::size_t longest_ = kLongestLine;
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
