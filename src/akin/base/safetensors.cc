#include "akin/base/safetensors.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"

namespace akin {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

constexpr int kFormatVersion = 1;  // part of the files on disk
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

/// Fills `target` from the stream; fewer bytes than `size` only at its end.
std::size_t read_fully(InputStream& stream, char* target, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const std::size_t got = stream.read({target + done, size - done});
    if (got == 0) break;
    done += got;
  }
  return done;
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

template <typename Visit>
void for_each_chunk(const void* data, std::size_t bytes, std::size_t stride, std::size_t count, Visit visit) {
  const char* row = static_cast<const char*>(data);
  if (stride == bytes) return visit(row, bytes * count);
  for (std::size_t r = 0; r < count; ++r, row += stride) visit(row, bytes);
}

}  // namespace

TensorWriter::TensorWriter(std::string_view kind) {
  meta("akin.kind", std::string(kind));
  meta("akin.format", fmt::format("{}", kFormatVersion));
}

void TensorWriter::add(const std::string& name, std::string_view dtype, std::vector<std::size_t> shape,
                       Rows rows) {
  for (const Entry& entry : entries_) AKIN_ASSERT(entry.name != name);
  entries_.push_back({name, dtype, std::move(shape), rows});
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

void TensorWriter::write(const std::string& path) const {
  const auto visit_data = [&](auto visit) {
    for (const Entry& entry : entries_) {
      for_each_chunk(entry.rows.data, entry.rows.bytes, entry.rows.stride, entry.rows.count, visit);
    }
  };
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
    std::uint64_t length = 0;
    if (read_fully(*stream, reinterpret_cast<char*>(&length), sizeof length) != sizeof length) return "";
    if (length < 2 || length > kLargestHeader) return "";
    std::string header(length, '\0');
    if (read_fully(*stream, header.data(), length) != length) return "";
    const json root = json::parse(header, nullptr, /*allow_exceptions=*/false);
    if (!root.is_object() || !root.contains("__metadata__")) return "";
    const json& metadata = root["__metadata__"];
    const auto kind = metadata.is_object() ? metadata.find("akin.kind") : metadata.end();
    return kind != metadata.end() && kind->is_string() ? kind->get<std::string>() : "";
  } catch (const Error&) {
    return "";  // whoever reads the file says what is wrong with it
  }
}

TensorReader::TensorReader(const std::string& path) : path_(path) {
  const auto stream = open_input(path);
  std::uint64_t length = 0;
  if (read_fully(*stream, reinterpret_cast<char*>(&length), sizeof length) != sizeof length)
    damaged("it is shorter than 8 bytes");
  if (length < 2 || length > kLargestHeader) damaged("its first 8 bytes are not a header length");
  std::string header(length, '\0');
  if (read_fully(*stream, header.data(), length) != length) damaged("its header is cut off");
  parse_header(header);

  std::size_t size = 0;
  for (const auto& [name, entry] : entries_) size = std::max(size, entry.end);
  // Grow while reading, so that a header that promises terabytes fails as a short file
  // and not as an allocation.
  constexpr std::size_t kStep = std::size_t{1} << 26;
  std::size_t done = 0;
  while (done < size) {
    const std::size_t want = std::min(size - done, std::max(kStep, done));
    storage_.resize((done + want + 7) / 8);
    const std::size_t got = read_fully(*stream, reinterpret_cast<char*>(storage_.data()) + done, want);
    done += got;
    if (got < want) damaged(fmt::format("it ends {} bytes early", size - done));
  }
  char extra = 0;
  if (read_fully(*stream, &extra, 1) != 0) damaged("it has bytes behind the last tensor");
  data_ = {reinterpret_cast<const char*>(storage_.data()), size};
  check_layout();
  check_checksum(header);
}

void TensorReader::parse_header(std::string_view header) {
  const json root = json::parse(header.begin(), header.end(), nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) damaged("its header is not a JSON object");
  try {
    for (const auto& [name, value] : root.items()) {
      if (name == "__metadata__") {
        for (const auto& [key, text] : value.items()) metadata_[key] = text.get<std::string>();
        continue;
      }
      const auto& offsets = value.at("data_offsets");
      if (offsets.size() != 2) damaged(fmt::format("tensor {} has no begin and end", name));
      for (const json& number : offsets) {
        if (!number.is_number_unsigned()) damaged(fmt::format("tensor {} has a wrong offset", name));
      }
      for (const json& number : value.at("shape")) {
        if (!number.is_number_unsigned()) damaged(fmt::format("tensor {} has a wrong shape", name));
      }
      entries_[name] = {value.at("dtype").get<std::string>(),
                        value.at("shape").get<std::vector<std::size_t>>(), offsets[0].get<std::size_t>(),
                        offsets[1].get<std::size_t>()};
    }
  } catch (const json::exception&) {
    damaged("its header is not that of a safetensors file");
  }
}

/// Every tensor's byte range must fit its shape, and the ranges must tile the data section.
void TensorReader::check_layout() const {
  std::vector<std::pair<std::size_t, std::size_t>> ranges;
  for (const auto& [name, entry] : entries_) {
    const std::size_t element = dtype_size(entry.dtype);
    if (element == 0) damaged(fmt::format("tensor {} has the unknown type {}", name, entry.dtype));
    std::size_t bytes = element;
    for (const std::size_t extent : entry.shape) {
      if (extent != 0 && bytes > std::numeric_limits<std::size_t>::max() / extent)
        damaged(fmt::format("tensor {} is too large", name));
      bytes *= extent;
    }
    if (entry.begin > entry.end || entry.end - entry.begin != bytes) {
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
}

void TensorReader::check_checksum(std::string_view header) const {
  const auto found = metadata_.find("akin.checksum");
  if (found == metadata_.end()) {
    if (metadata_.contains("akin.kind")) damaged("it has no checksum");
    return;
  }
  std::string unsigned_header(header);
  const std::size_t at = unsigned_header.find("\"" + found->second + "\"");
  if (found->second.size() != kNoChecksum.size() || at == std::string::npos)
    damaged("its checksum is malformed");
  unsigned_header.replace(at + 1, kNoChecksum.size(), kNoChecksum);
  Checksum checksum;
  checksum.add(unsigned_header.data(), unsigned_header.size());
  checksum.add(data_.data(), data_.size());
  if (checksum.hex() != found->second) damaged("its checksum does not match its content");
}

void TensorReader::expect_kind(std::string_view kind) const {
  const auto found = metadata_.find("akin.kind");
  if (found == metadata_.end())
    fail(ErrorCode::kBadData, "{}: was not written by akin; expected a {} file", path_, kind);
  if (found->second != kind)
    fail(ErrorCode::kBadData, "{}: is a {} file; expected a {} file", path_, found->second, kind);
  if (meta_int("akin.format", 0, std::numeric_limits<std::int64_t>::max()) > kFormatVersion) {
    fail(ErrorCode::kBadData, "{}: was written by a newer akin (format {}); update akin", path_,
         meta("akin.format"));
  }
}

const std::string& TensorReader::meta(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) damaged(fmt::format("it has no metadata '{}'", key));
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
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

const std::vector<std::size_t>& TensorReader::shape(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) damaged(fmt::format("it has no tensor '{}'", name));
  return found->second.shape;
}

std::span<const char> TensorReader::raw(const std::string& name, std::string_view dtype,
                                        std::size_t alignment) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) damaged(fmt::format("it has no tensor '{}'", name));
  const Entry& entry = found->second;
  if (entry.dtype != dtype) damaged(fmt::format("tensor {} is {}; expected {}", name, entry.dtype, dtype));
  if (entry.begin % alignment != 0) damaged(fmt::format("tensor {} is not aligned", name));
  return data_.subspan(entry.begin, entry.end - entry.begin);
}

void TensorReader::damaged(const std::string& what) const {
  fail(ErrorCode::kBadData, "{}: not a whole safetensors file: {}", path_, what);
}

void TensorReader::wrong_size(const std::string& name, std::size_t got, std::size_t expected) const {
  damaged(fmt::format("tensor {} has {} elements; expected {}", name, got, expected));
}

}  // namespace akin
