#include "akin/base/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/io.h"

namespace akin {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr int kFormatVersion = 2;  // part of the files on disk; docs/files.md says what each changed
constexpr std::string_view kNoChecksum = "0000000000000000";
constexpr std::size_t kAlignment = 64;
constexpr std::uint64_t kLargestHeader = 100'000'000;  // the limit of the reference implementation

std::size_t dtype_size(std::string_view dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "F16" || dtype == "BF16" || dtype == "I16" || dtype == "U16") return 2;
  if (dtype == "U8" || dtype == "I8" || dtype == "BOOL") return 1;
  return 0;
}

/// The header's text, or "" if there is none of a possible length.
std::string read_header(InputStream& stream) {
  std::uint64_t length = 0;
  const std::span<char> bytes(reinterpret_cast<char*>(&length), sizeof length);
  if (read_fully(stream, bytes) != sizeof length || length < 2 || length > kLargestHeader) return "";
  std::string header = read_up_to(stream, length);
  return header.size() == length ? header : "";
}

bool is_finite(std::uint32_t bits) { return (bits & 0x7F800000) != 0x7F800000; }
bool is_finite(std::uint64_t bits) { return (bits & 0x7FF0000000000000) != 0x7FF0000000000000; }

/// Number of the first that is not finite, or their number. Blocks are added up without a branch.
template <typename Bits>
std::size_t first_not_finite(const void* data, std::size_t count) {
  constexpr std::size_t kStep = 1024;
  const auto* const bits = static_cast<const Bits*>(data);
  for (std::size_t begin = 0; begin < count; begin += kStep) {
    const std::size_t end = std::min(count, begin + kStep);
    Bits bad = 0;
    for (std::size_t i = begin; i < end; ++i) bad |= is_finite(bits[i]) ? 0 : 1;
    if (bad == 0) continue;
    for (std::size_t i = begin; i < end; ++i) {
      if (!is_finite(bits[i])) return i;
    }
  }
  return count;
}

/// Of floats of that type, the number of the first that is not finite among those in `bytes` bytes; nothing if all
/// are, or the type is another.
std::optional<std::size_t> find_not_finite(std::string_view dtype, const void* data, std::size_t bytes) {
  std::size_t count = 0, bad = 0;
  if (dtype == "F32") bad = first_not_finite<std::uint32_t>(data, count = bytes / sizeof(float));
  if (dtype == "F64") bad = first_not_finite<std::uint64_t>(data, count = bytes / sizeof(double));
  return bad == count ? std::nullopt : std::optional(bad);
}

/// Bytes of a mapped file that are looked at before they are forgotten.
constexpr std::size_t kPiece = std::size_t{1} << 24;

/// What is mapped and has been seen need not stay in memory until it is copied.
void forget(const char* data, std::size_t size) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t before = reinterpret_cast<std::uintptr_t>(data) % page;
  ::madvise(const_cast<char*>(data) - before, size + before, MADV_DONTNEED);
}

class Checksum {
 public:
  Checksum() { XXH3_64bits_reset(&state_); }
  void add(const void* data, std::size_t size) {
    if (size > 0) XXH3_64bits_update(&state_, data, size);
  }
  std::string hex() const { return fmt::format("{:016x}", XXH3_64bits_digest(&state_)); }

 private:
  XXH3_state_t state_;
};

/// Numbers in each row of a tensor that has some; that of one number is one row.
std::size_t row_length(const std::vector<std::size_t>& shape) {
  std::size_t length = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) length *= shape[d];
  return length;
}

}  // namespace

TensorWriter::TensorWriter(std::string_view kind) {
  meta("akin.kind", std::string(kind));
  meta("akin.format", fmt::format("{}", kFormatVersion));
}

void TensorWriter::add(const std::string& name, std::string_view dtype, std::vector<std::size_t> shape,
                       Rows rows) {
  for (const Entry& entry : entries_) AKIN_ASSERT(entry.name != name);
  entries_.push_back({name, dtype, std::move(shape), std::move(rows)});
  // Widest elements first keeps every tensor aligned, since the data section itself is.
  std::ranges::stable_sort(
      entries_, [](const Entry& a, const Entry& b) { return dtype_size(a.dtype) > dtype_size(b.dtype); });
}

std::string TensorWriter::header(std::string_view checksum) const {
  json root = json::object();
  json& metadata = root["__metadata__"];
  for (const auto& [key, value] : metadata_) metadata[key] = value;
  metadata["akin.checksum"] = checksum;
  std::size_t offset = 0;
  for (const Entry& entry : entries_) {
    const std::size_t end = offset + entry.rows.bytes * entry.rows.count;
    root[entry.name] = {{"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = root.dump(-1, ' ', false, json::error_handler_t::replace);
  text.resize((text.size() + 8 + kAlignment - 1) / kAlignment * kAlignment - 8, ' ');
  return text;
}

std::string TensorWriter::hash(std::string_view prefix) const {
  Checksum checksum;
  const auto add_text = [&](std::string_view text) {
    const std::uint64_t size = text.size();
    checksum.add(&size, sizeof size);
    checksum.add(text.data(), text.size());
  };
  for (const auto& [key, value] : metadata_) {
    if (!key.starts_with(prefix)) continue;
    add_text(std::string_view(key).substr(prefix.size()));
    add_text(value);
  }
  for (const Entry& entry : entries_) {
    if (!entry.name.starts_with(prefix)) continue;
    add_text(std::string_view(entry.name).substr(prefix.size()));
    add_text(entry.dtype);
    for (const std::uint64_t size : entry.shape) checksum.add(&size, sizeof size);
    visit(entry.rows, [&](const char* data, std::size_t size) { checksum.add(data, size); });
  }
  return checksum.hex();
}

void TensorWriter::check_finite(const std::string& path, std::string_view advice) const {
  for (const Entry& entry : entries_) {
    std::size_t before = 0;  // numbers
    visit(entry.rows, [&](const char* data, std::size_t size) {
      if (const auto bad = find_not_finite(entry.dtype, data, size)) {
        const std::size_t row = (before + *bad) / row_length(entry.shape) + 1;
        fail(ErrorCode::kBadData, "{}: not written: row {} of tensor {} holds NaN or an infinite number{}{}",
             path, row, entry.name, advice.empty() ? "" : "; ", advice);
      }
      before += size / dtype_size(entry.dtype);
    });
  }
}

void TensorWriter::visit(const Rows& rows, const Visit& visitor) {
  if (rows.pieces) return rows.pieces(visitor);
  const char* row = static_cast<const char*>(rows.data);
  if (rows.stride == rows.bytes) return visitor(row, rows.bytes * rows.count);
  for (std::size_t r = 0; r < rows.count; ++r, row += rows.stride) visitor(row, rows.bytes);
}

void TensorWriter::divide(const std::string& name, std::vector<std::size_t> shape,
                          const Communicator& ranks) {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  AKIN_ASSERT(found != entries_.end() && !found->rows.pieces);
  const Rows own = found->rows;
  const std::vector<std::size_t> counts = gather_all(ranks, std::span<const std::size_t>(&own.count, 1));
  const std::size_t total = dtype_size(found->dtype) * shape[0] * row_length(shape);
  const std::size_t bytes = row_length(found->shape) * dtype_size(found->dtype);  // of a row of each rank
  const auto pieces = [=, &ranks](const Visit& visitor) {
    const std::size_t step =
        std::max<std::size_t>(1, (std::size_t{1} << 22) / std::max<std::size_t>(1, bytes));
    std::vector<char> piece;
    for (int r = 0; r < ranks.size(); ++r) {
      const std::size_t count = counts[static_cast<std::size_t>(r)];
      for (std::size_t begin = 0; begin < count; begin += step) {
        piece.resize(std::min(step, count - begin) * bytes);
        for (std::size_t at = 0; r == ranks.rank() && at < piece.size(); at += bytes) {
          const std::size_t row = begin + at / bytes;
          std::memcpy(piece.data() + at, static_cast<const char*>(own.data) + row * own.stride, bytes);
        }
        send_to_first(ranks, r, std::as_writable_bytes(std::span(piece)));
        if (ranks.first()) visitor(piece.data(), piece.size());
      }
    }
  };
  found->shape = std::move(shape);
  found->rows = {nullptr, total, total, 1, pieces};
}

void TensorWriter::write(const std::string& path, std::string_view advice, const Communicator& ranks) const {
  check_finite(path, advice);
  const auto visit_data = [&](const Visit& visitor) {
    for (const Entry& entry : entries_) visit(entry.rows, visitor);
  };
  if (!ranks.first()) {  // the first one asks twice more
    for (int time = 0; time < 2; ++time) {
      for (const Entry& entry : entries_) {
        if (entry.rows.pieces) entry.rows.pieces([](const char*, std::size_t) {});
      }
    }
    return;
  }
  Checksum checksum;
  const std::string unsigned_header = header(kNoChecksum);
  checksum.add(unsigned_header.data(), unsigned_header.size());
  visit_data([&](const char* data, std::size_t size) { checksum.add(data, size); });

  const std::string signed_header = header(checksum.hex());
  const std::uint64_t length = signed_header.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(signed_header);
  visit_data([&](const char* data, std::size_t size) { file.write(data, size); });
  file.commit();
}

std::string file_kind(const std::string& path) {
  if (path == "-") return "";
  try {
    const auto stream = open_input(path);
    SafetensorsHeader header;
    if (!parse_safetensors_header(read_header(*stream), header).empty()) return "";
    return header.metadata["akin.kind"];
  } catch (const Error&) {
    return "";  // whoever reads the file says what is wrong with it
  }
}

TensorReader::TensorReader(const std::string& path, Access access) : path_(path) {
  const auto stream = open_input(path);
  const std::string header = read_header(*stream);
  if (header.empty()) damaged("its first 8 bytes are not the length of a header, or it is cut off there");
  if (const std::string problem = parse_safetensors_header(header, header_); !problem.empty())
    damaged(problem);
  if (access != Access::kMap || !map_data(header.size())) read_data(*stream, header.size());
  check_checksum(header);
}

/// False for what is not a plain file whose data section is aligned: it has to be read. Its length is checked here.
bool TensorReader::map_data(std::size_t header_size) {
  const std::size_t begin = sizeof(std::uint64_t) + header_size, size = check_layout();
  const int fd = begin % sizeof(std::uint64_t) == 0 ? ::open(path_.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return false;
  struct stat facts {};
  const bool plain = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && size > 0 &&
                     static_cast<std::size_t>(facts.st_size) == begin + size;
  void* const map = plain ? ::mmap(nullptr, begin + size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  ::close(fd);
  if (map == MAP_FAILED) return false;
  map_ = std::shared_ptr<const void>(
      map, [length = begin + size](const void* at) { ::munmap(const_cast<void*>(at), length); });
  data_ = {static_cast<const char*>(map) + begin, size};
  return true;
}

/// A plain file's size is compared with what the header promises before memory is asked for; memory for
/// other streams grows while they are read.
void TensorReader::read_data(InputStream& stream, std::size_t header_size) {
  constexpr std::string_view kTooLong = "it has bytes behind the last tensor";
  const std::size_t size = check_layout();
  std::size_t step = std::size_t{1} << 20;
  if (const auto total = stream.size()) {
    const std::size_t there = *total - sizeof(std::uint64_t) - header_size;
    if (there < size) damaged(fmt::format("it ends {} bytes early", size - there));
    if (there > size) damaged(std::string(kTooLong));
    step = size;
  }
  std::size_t done = 0;
  while (done < size) {
    const std::size_t want = std::min(size - done, std::max(step, done));
    storage_.resize((done + want + 7) / 8);
    const std::size_t got = read_fully(stream, {reinterpret_cast<char*>(storage_.data()) + done, want});
    done += got;
    if (got < want) damaged(fmt::format("it ends {} bytes early", size - done));
  }
  char extra = 0;
  if (read_fully(stream, {&extra, 1}) != 0) damaged(std::string(kTooLong));
  data_ = {reinterpret_cast<const char*>(storage_.data()), size};
}

/// Every tensor's byte range must fit its shape, and the ranges must tile the data section.
std::size_t TensorReader::check_layout() const {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto& [name, entry] : header_.tensors) {
    const std::size_t element = dtype_size(entry.dtype);
    if (element == 0) damaged(fmt::format("tensor {} has the unknown type {}", name, entry.dtype));
    std::vector<std::size_t> factors = entry.shape;
    factors.push_back(element);
    const auto bytes = checked_product(factors);
    if (!bytes) damaged(fmt::format("tensor {} is too large", name));
    if (entry.begin > entry.end || entry.end - entry.begin != *bytes) {
      damaged(fmt::format("tensor {} does not have the size of its shape", name));
    }
    ranges.emplace_back(entry.begin, entry.end);
  }
  std::ranges::sort(ranges);
  std::size_t expected = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin != expected) damaged("its tensors overlap or leave gaps");
    expected = end;
  }
  return expected;
}

void TensorReader::check_checksum(std::string_view header) const {
  const auto found = header_.metadata.find("akin.checksum");
  if (found == header_.metadata.end()) {
    if (header_.metadata.contains("akin.kind")) damaged("it has no checksum");
    return;
  }
  std::string unsigned_header(header);
  const std::size_t at = unsigned_header.find("\"" + found->second + "\"");
  if (found->second.size() != kNoChecksum.size() || at == std::string::npos)
    damaged("its checksum is malformed");
  unsigned_header.replace(at + 1, kNoChecksum.size(), kNoChecksum);
  Checksum checksum;
  checksum.add(unsigned_header.data(), unsigned_header.size());
  for (std::size_t begin = 0; begin < data_.size(); begin += kPiece) {
    const std::size_t size = std::min(kPiece, data_.size() - begin);
    checksum.add(data_.data() + begin, size);
    if (map_) forget(data_.data() + begin, size);
  }
  if (checksum.hex() != found->second) damaged("its checksum does not match its content");
}

void TensorReader::expect_kind(std::string_view kind) const {
  const auto found = header_.metadata.find("akin.kind");
  if (found == header_.metadata.end())
    fail(ErrorCode::kBadData, "{}: was not written by akin; expected a {} file", path_, kind);
  if (found->second != kind)
    fail(ErrorCode::kBadData, "{}: is a {} file; expected a {} file", path_, found->second, kind);
  if (meta_int("akin.format", 0, std::numeric_limits<std::int64_t>::max()) > kFormatVersion) {
    fail(ErrorCode::kBadData, "{}: was written by a newer akin (format {}); update akin", path_,
         meta("akin.format"));
  }
}

const std::string& TensorReader::meta(const std::string& key) const {
  const auto found = header_.metadata.find(key);
  if (found == header_.metadata.end()) damaged(fmt::format("it has no metadata '{}'", key));
  return found->second;
}

std::int64_t TensorReader::meta_int(const std::string& key, std::int64_t min, std::int64_t max) const {
  const std::string& text = meta(key);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value < min || value > max) {
    damaged(fmt::format("metadata {} = '{}' is not a whole number from {} to {}", key, text, min, max));
  }
  return value;
}

std::vector<std::string> TensorReader::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : header_.tensors) names.push_back(name);
  return names;
}

const TensorEntry& TensorReader::entry(const std::string& name) const {
  const auto found = header_.tensors.find(name);
  if (found == header_.tensors.end()) damaged(fmt::format("it has no tensor '{}'", name));
  return found->second;
}

const std::vector<std::size_t>& TensorReader::shape(const std::string& name) const {
  return entry(name).shape;
}

std::span<const char> TensorReader::raw(const std::string& name, std::string_view dtype,
                                        std::size_t alignment) const {
  const TensorEntry& found = entry(name);
  if (found.dtype != dtype) damaged(fmt::format("tensor {} is {}; expected {}", name, found.dtype, dtype));
  if (found.begin % alignment != 0) damaged(fmt::format("tensor {} is not aligned", name));
  check_finite(name, found);
  return data_.subspan(found.begin, found.end - found.begin);
}

void TensorReader::check_finite(const std::string& name, const TensorEntry& entry) const {
  for (std::size_t begin = entry.begin; begin < entry.end; begin += kPiece) {
    const std::size_t size = std::min(kPiece, entry.end - begin);
    const auto bad = find_not_finite(entry.dtype, data_.data() + begin, size);
    if (map_) forget(data_.data() + begin, size);
    if (!bad) continue;
    fail(ErrorCode::kBadData, "{}: tensor {}: row {} holds NaN or an infinite number", path_, name,
         ((begin - entry.begin) / dtype_size(entry.dtype) + *bad) / row_length(entry.shape) + 1);
  }
}

std::vector<std::uint32_t> TensorReader::indices(const std::string& name, std::size_t size,
                                                 std::size_t limit) const {
  std::vector<std::uint32_t> values = vector<std::uint32_t>(name, size);
  const auto outside = std::ranges::find_if(values, [&](std::uint32_t value) { return value >= limit; });
  if (outside != values.end())
    inconsistent(fmt::format("tensor {} holds {} at {}, and there are {} rows", name, *outside,
                             outside - values.begin(), limit));
  return values;
}

void TensorReader::damaged(const std::string& what) const {
  fail(ErrorCode::kBadData, "{}: not a whole safetensors file: {}", path_, what);
}

void TensorReader::inconsistent(const std::string& what) const {
  fail(ErrorCode::kBadData, "{}: is inconsistent: {}", path_, what);
}

void TensorReader::check_vector(const std::string& name, std::size_t expected) const {
  const std::vector<std::size_t>& found = shape(name);
  if (found.size() == 1 && found[0] == expected) return;
  damaged(fmt::format("tensor {} has the shape ({}); expected ({})", name, fmt::join(found, ", "), expected));
}

void TensorReader::out_of_range(const std::string& name, std::size_t at, double value, double low,
                                double high) const {
  inconsistent(fmt::format("tensor {} holds {} at {}; expected {} to {}", name, value, at, low, high));
}

}  // namespace akin
