#include "akin/data/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "akin/base/byte_cursor.h"
#include "akin/base/error.h"
#include "akin/data/readers/python_literal.h"

namespace akin {
namespace {

using nlohmann::json;

NpyHeader parse_header(const ByteCursor& file, std::string_view text) {
  const std::optional<std::string> as_json = python_literal_to_json(text);
  const json header = as_json ? json::parse(*as_json, nullptr, /*allow_exceptions=*/false) : json();
  const bool whole = header.is_object() && header.size() == 3 && header.contains("descr") &&
                     header.contains("fortran_order") && header["fortran_order"].is_boolean() &&
                     header.contains("shape") && header["shape"].is_array();
  if (!whole) fail(ErrorCode::kBadData, "{}: the NumPy header is not that of an array", file.path());
  const auto shown = [](const json& value) {
    return value.dump(-1, ' ', true, json::error_handler_t::replace);
  };
  NpyHeader result;
  const json &descr = header["descr"], &shape = header["shape"];
  if (descr.is_string()) result.descr = descr.get<std::string>();
  result.fortran_order = header["fortran_order"].get<bool>();
  result.text = fmt::format("'descr' {}, 'fortran_order' {} and 'shape' {}", shown(descr),
                            header["fortran_order"].dump(), shown(shape));
  const bool sizes = std::ranges::all_of(shape, [](const json& size) { return size.is_number_unsigned(); });
  if (!sizes) result.descr = "";  // an array of no type that anyone reads
  for (const json& size : shape) {
    if (sizes) result.shape.push_back(size.get<std::size_t>());
  }
  return result;
}

template <typename T>
float number_at(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<float>(value);
}

/// How a type's numbers are read.
struct NumberType {
  std::string_view descr;
  std::size_t size;
  float (*read)(const char* bytes);
};
constexpr NumberType kTypes[] = {{"<f4", 4, number_at<float>},        {"<f8", 8, number_at<double>},
                                 {"|i1", 1, number_at<std::int8_t>},  {"|u1", 1, number_at<std::uint8_t>},
                                 {"<i2", 2, number_at<std::int16_t>}, {"<i4", 4, number_at<std::int32_t>},
                                 {"<i8", 8, number_at<std::int64_t>}};

/// The product, unless it is more than can be in memory.
std::optional<std::size_t> count_of(const std::vector<std::size_t>& shape) {
  constexpr std::size_t kMost = std::size_t{1} << 36;
  std::size_t count = 1;
  for (const std::size_t size : shape) {
    if (size != 0 && count > kMost / size) return std::nullopt;
    count *= size;
  }
  return count;
}

}  // namespace

NpyHeader read_npy_header(ByteCursor& file) {
  constexpr std::size_t kPrelude =
      10;  // mark, version, two bytes of the header's length: four from version 2 on
  constexpr std::size_t kLongestHeader = std::size_t{1} << 20;
  std::string prelude(file.take(kPrelude));
  if (!prelude.starts_with("\x93NUMPY"))
    fail(ErrorCode::kBadData, "{}: is not a NumPy file; save an array with numpy.save", file.path());
  if (prelude.size() == kPrelude && (prelude[6] < 1 || prelude[6] > 3 || prelude[7] != 0)) {
    fail(ErrorCode::kBadData, "{}: is a NumPy file of version {}.{}; versions 1.0, 2.0 and 3.0 are read",
         file.path(), static_cast<unsigned char>(prelude[6]), static_cast<unsigned char>(prelude[7]));
  }
  const bool is_long = prelude.size() == kPrelude && prelude[6] > 1;
  if (is_long) prelude += file.take(2);
  std::size_t length = 0;
  for (std::size_t i = prelude.size(); i-- > 8;)
    length = 256 * length + static_cast<unsigned char>(prelude[i]);
  const std::string header(file.take(std::min(length, kLongestHeader)));
  if (prelude.size() < kPrelude + (is_long ? 2 : 0) || header.empty() || header.size() < length)
    fail(ErrorCode::kBadData, "{}: the NumPy header is cut off", file.path());
  return parse_header(file, header);
}

namespace {

/// The numbers of an array whose first index runs fastest, row-major.
std::vector<float> in_c_order(const NpyArray& array) {
  std::vector<float> values(array.values.size());
  std::vector<std::size_t> at(array.shape.size(), 0);
  for (const float value : array.values) {
    std::size_t place = 0;
    for (std::size_t d = 0; d < at.size(); ++d) place = place * array.shape[d] + at[d];
    values[place] = value;
    for (std::size_t d = 0; d < at.size() && ++at[d] == array.shape[d]; ++d) at[d] = 0;
  }
  return values;
}

NpyArray read_array(ByteCursor& file, bool fortran_too) {
  const std::string& path = file.path();
  NpyHeader header = read_npy_header(file);
  const auto* const type = std::ranges::find(kTypes, header.descr, &NumberType::descr);
  if (type == std::end(kTypes) || (header.fortran_order && !fortran_too)) {
    fail(ErrorCode::kBadData,
         "{}: only arrays of float32, float64, int8, uint8, int16, int32 and int64 in C order are read; this "
         "one has {}; "
         "save a.astype('<f4', order='C')",
         path, header.text);
  }
  const auto count = count_of(header.shape);
  const auto left = file.left();
  if (!count || (left && *left != *count * type->size))
    fail(ErrorCode::kBadData, "{}: its bytes do not make an array of 'shape' and 'descr' {}", path,
         header.text);
  NpyArray array{std::move(header.shape), {}};
  constexpr std::size_t kPiece = std::size_t{1}
                                 << 16;  // memory grows with what the file has, not with what it says
  for (std::size_t done = 0; done < *count;) {
    const std::size_t now = std::min(kPiece, *count - done);
    const std::string_view bytes = file.take(now * type->size);
    if (bytes.size() < now * type->size)
      fail(ErrorCode::kBadData, "{}: the data end after {} of {} numbers", path,
           done + bytes.size() / type->size, *count);
    for (std::size_t i = 0; i < now; ++i) {
      const float value = type->read(bytes.data() + i * type->size);
      if (!std::isfinite(value))
        fail(ErrorCode::kBadData, "{}: number {} is not finite as a float; replace it", path, done + i + 1);
      array.values.push_back(value);
    }
    done += now;
  }
  if (!file.at_end()) fail(ErrorCode::kBadData, "{}: bytes are left after the last number", path);
  if (header.fortran_order) array.values = in_c_order(array);
  return array;
}

}  // namespace

NpyArray read_npy(const std::string& path) {
  ByteCursor file(path);
  return read_array(file, false);
}
NpyArray read_npy(ByteCursor& file) { return read_array(file, true); }

}  // namespace akin
