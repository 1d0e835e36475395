#include "akin/image/idx.h"

#include "akin/base/error.h"
#include "akin/base/files.h"
#include "akin/base/io.h"

namespace akin {
namespace {

constexpr std::string_view kPictures = "idx3-ubyte";

}  // namespace

bool is_idx_file(std::string_view path) { return path.find(kPictures) != std::string_view::npos; }

std::string idx_labels_path(const std::string& path) {
  std::string labels = path;
  const auto replace = [&](std::string_view from, std::string_view to) {
    const std::size_t at = labels.rfind(from);
    if (at != std::string::npos) labels.replace(at, from.size(), to);
  };
  replace("images", "labels");
  replace("idx3", "idx1");
  if (file_exists(labels)) return labels;
  const std::string plain = labels.ends_with(".gz") ? labels.substr(0, labels.size() - 3) : labels + ".gz";
  return file_exists(plain) ? plain : labels;
}

IdxArray parse_idx(std::string bytes, std::size_t dimensions) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
  const std::size_t head = 4 + 4 * dimensions;
  if (bytes.size() < head || byte(0) != 0 || byte(1) != 0)
    fail(ErrorCode::kBadData, "this is no IDX file of {} dimensions", dimensions);
  constexpr unsigned kBytes = 8;
  if (byte(2) != kBytes || byte(3) != dimensions)
    fail(ErrorCode::kBadData, "an IDX file of type {} and {} dimensions; expected bytes (8) and {}", byte(2),
         byte(3), dimensions);
  IdxArray array;
  std::size_t left = bytes.size() - head;
  const std::size_t values = left;
  for (std::size_t d = 0; d < dimensions; ++d) {
    std::size_t size = 0;
    for (std::size_t b = 0; b < 4; ++b) size = size << 8 | byte(4 + 4 * d + b);
    array.shape.push_back(size);
    if (size == 0 || left % size != 0)
      fail(ErrorCode::kBadData, "a damaged IDX file: its sizes do not go with its {} values", values);
    left /= size;
  }
  if (left != 1)
    fail(ErrorCode::kBadData, "a damaged IDX file: its sizes do not go with its {} values", values);
  array.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(head), bytes.end());
  return array;
}

IdxArray read_idx(const std::string& path, std::size_t dimensions) {
  try {
    return parse_idx(read_file(path), dimensions);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kBadData || std::string_view(error.what()).starts_with(path)) throw;
    fail(ErrorCode::kBadData, "{}: {}", path, error.what());
  }
}

}  // namespace akin
