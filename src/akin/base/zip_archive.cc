#include "akin/base/zip_archive.h"

#include <fmt/format.h>
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "akin/base/error.h"

namespace akin {
namespace {

// Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.16, 4.5.3.
constexpr std::string_view kEnd = "PK\x05\x06", kEntry = "PK\x01\x02", kLocal = "PK\x03\x04";
constexpr std::size_t kEndSize = 22, kEntrySize = 46, kLocalSize = 30, kLongestComment = 65535;
constexpr std::uint64_t kInExtra = 0xFFFFFFFF;  // the size stands in the extra field of large files
constexpr unsigned kStored = 0, kDeflated = 8;

std::string read_content(const std::string& path) {
  std::error_code error;
  if (path != "-" && !std::filesystem::exists(path, error))
    fail(ErrorCode::kNotFound, "{}: no such file", path);
  std::ifstream file(path == "-" ? "/dev/stdin" : path, std::ios::binary);
  std::string content;
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    content.append(block, static_cast<std::size_t>(file.gcount()));
    if (content.size() > ZipArchive::kLargest)
      fail(ErrorCode::kBadData, "{}: is larger than {} MiB", display_name(path), ZipArchive::kLargest >> 20);
  }
  if (!file.eof()) fail(ErrorCode::kIo, "{}: cannot read it", display_name(path));
  return content;
}

/// Inflates a piece of memory, or copies it.
class ZipStream : public InputStream {
 public:
  ZipStream(std::string name, std::string_view packed, std::uint64_t size, std::uint32_t checksum,
            bool deflated)
      : name_(std::move(name)), packed_(packed), size_(size), checksum_(checksum), deflated_(deflated) {
    constexpr int kRaw = -15;  // neither zlib's nor gzip's header
    if (deflated_ && inflateInit2(&state_, kRaw) != Z_OK) fail(ErrorCode::kInternal, "zlib did not start");
    state_.next_in = reinterpret_cast<const Bytef*>(packed_.data());
  }
  ~ZipStream() override {
    if (deflated_) inflateEnd(&state_);
  }
  ZipStream(const ZipStream&) = delete;
  ZipStream& operator=(const ZipStream&) = delete;

  SourcePosition position() const override { return {used_, packed_.size()}; }

  std::size_t read(std::span<char> buffer) override {
    if (ended_ || buffer.empty()) return 0;
    const std::size_t got = deflated_ ? inflate_into(buffer) : copy_into(buffer);
    done_ += got;
    if (done_ > size_) damaged("is longer than the archive says");
    sum_ = ::crc32_z(sum_, reinterpret_cast<const Bytef*>(buffer.data()), got);
    if (got == 0) {
      ended_ = true;
      if (done_ != size_ || sum_ != checksum_) damaged("does not match its size or checksum");
    }
    return got;
  }

 private:
  std::size_t copy_into(std::span<char> buffer) {
    const std::size_t count = std::min<std::size_t>(buffer.size(), packed_.size() - used_);
    std::copy_n(packed_.data() + used_, count, buffer.data());
    used_ += count;
    return count;
  }
  std::size_t inflate_into(std::span<char> buffer) {
    const auto room = static_cast<uInt>(std::min<std::size_t>(buffer.size(), 1 << 30));
    state_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    state_.avail_out = room;
    while (state_.avail_out == room && !stream_end_) {
      const auto given = static_cast<uInt>(std::min<std::size_t>(packed_.size() - used_, 1 << 30));
      state_.avail_in = given;
      const int result = ::inflate(&state_, Z_NO_FLUSH);
      used_ += given - state_.avail_in;
      stream_end_ = result == Z_STREAM_END;
      if (result != Z_OK && !stream_end_) damaged("cannot be unpacked");
    }
    return room - state_.avail_out;
  }
  [[noreturn]] void damaged(std::string_view what) const {
    fail(ErrorCode::kBadData, "{} {}: the file is damaged", name_, what);
  }

  std::string name_;
  std::string_view packed_;
  std::uint64_t size_;
  std::uint32_t checksum_;
  bool deflated_;
  z_stream state_ = {};
  std::size_t used_ = 0;
  std::uint64_t done_ = 0;
  uLong sum_ = 0;
  bool stream_end_ = false, ended_ = false;
};

}  // namespace

void ZipArchive::damaged(std::string_view what) const { fail(ErrorCode::kBadData, "{}: {}", path_, what); }

std::string_view ZipArchive::bytes(std::uint64_t at, std::uint64_t count) const {
  if (at > content_.size() || count > content_.size() - at) damaged("the zip archive is cut off or damaged");
  return std::string_view(content_).substr(at, count);
}

std::uint64_t ZipArchive::number(std::uint64_t at, int count) const {
  std::uint64_t value = 0;
  const std::string_view text = bytes(at, static_cast<std::uint64_t>(count));
  for (std::size_t i = text.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

ZipArchive::ZipArchive(const std::string& path) : path_(display_name(path)), content_(read_content(path)) {
  if (!content_.starts_with(kLocal) && !content_.starts_with(kEnd))
    damaged("is not a zip archive, as xlsx files are");
  read_list();
}

void ZipArchive::read_list() {
  const std::size_t from = content_.size() - std::min(content_.size(), kEndSize + kLongestComment);
  const std::size_t end = content_.rfind(kEnd);
  if (end == std::string::npos || end < from)
    damaged("the zip archive is cut off: its list of files is not there");
  bytes(end, kEndSize);  // throws where it is cut off
  const std::uint64_t count = number(end + 10, 2);
  std::uint64_t at = number(end + 16, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes(at, kEntrySize).substr(0, kEntry.size()) != kEntry)
      damaged("the zip archive's list of files is damaged");
    File file;
    file.flags = static_cast<unsigned>(number(at + 8, 2));
    file.method = static_cast<unsigned>(number(at + 10, 2));
    file.checksum = static_cast<std::uint32_t>(number(at + 16, 4));
    file.packed = number(at + 20, 4);
    file.size = number(at + 24, 4);
    file.header = number(at + 42, 4);
    const std::uint64_t name_size = number(at + 28, 2), extra_size = number(at + 30, 2);
    const std::uint64_t extra = at + kEntrySize + name_size;
    for (std::uint64_t e = extra; e + 4 <= extra + extra_size;) {
      const std::uint64_t size = number(e + 2, 2);
      std::uint64_t value = e + 4;
      for (std::uint64_t* const field : {&file.size, &file.packed, &file.header}) {
        if (number(e, 2) != 1 || *field != kInExtra || value + 8 > e + 4 + size) continue;
        *field = number(value, 8);
        value += 8;
      }
      e += 4 + size;
    }
    files_.emplace(bytes(at + kEntrySize, name_size), file);
    at = extra + extra_size + number(at + 32, 2);
  }
}

std::vector<std::string> ZipArchive::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

std::unique_ptr<InputStream> ZipArchive::open(std::string_view name) const {
  const auto found = files_.find(name);
  if (found == files_.end()) fail(ErrorCode::kBadData, "{}: has no {}; is it an xlsx file?", path_, name);
  const File& file = found->second;
  constexpr std::uint64_t kHarmless = std::uint64_t{256} << 20, kMostTimes = 250;
  if ((file.flags & 1U) != 0)
    fail(ErrorCode::kBadData, "{}: is protected by a password; save it without one", path_);
  if (file.method != kStored && file.method != kDeflated)
    fail(ErrorCode::kBadData, "{}: {} is compressed by method {}, which is not read", path_, name,
         file.method);
  if (file.size > kLargestFile || (file.size > kHarmless && file.size / kMostTimes > file.packed)) {
    fail(ErrorCode::kBadData, "{}: {} becomes {} MiB when it is unpacked; if that is meant, save it as csv",
         path_, name, file.size >> 20);
  }
  if (bytes(file.header, kLocalSize).substr(0, kLocal.size()) != kLocal)
    damaged("the zip archive is damaged");
  const std::uint64_t begin =
      file.header + kLocalSize + number(file.header + 26, 2) + number(file.header + 28, 2);
  return std::make_unique<ZipStream>(fmt::format("{}: {}", path_, name), bytes(begin, file.packed), file.size,
                                     file.checksum, file.method == kDeflated);
}

}  // namespace akin
