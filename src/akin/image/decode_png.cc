#include <png.h>

#include <cstring>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin {
namespace decoders {
namespace {

/// Of the chunk eXIf; libpng's simple interface does not tell.
int orientation_of(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kSignature = 8, kFrame = 12;  // length, type and checksum of a chunk
  for (std::size_t at = kSignature; at + kFrame <= bytes.size();) {
    const std::uint8_t* const chunk = &bytes[at];
    const std::size_t size =
        std::size_t{chunk[0]} << 24 | std::size_t{chunk[1]} << 16 | std::size_t{chunk[2]} << 8 | chunk[3];
    if (size > bytes.size() - at - kFrame) return 1;
    if (std::memcmp(chunk + 4, "eXIf", 4) == 0) return exif_orientation({chunk + 8, size});
    at += kFrame + size;
  }
  return 1;
}

}  // namespace

Picture png(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0)
    fail(ErrorCode::kBadData, "damaged PNG: {}", image.message);
  struct Free {
    png_image* image;
    ~Free() { png_image_free(image); }
  } const guard{&image};
  check_size(image.width, image.height, options);
  image.format = PNG_FORMAT_RGBA;
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // as viewers take 16 bits; libpng would take them for linear
  std::vector<std::uint8_t> rgba(static_cast<std::size_t>(image.width) * image.height * 4);
  // libpng goes on after some warnings, such as a wrong checksum of a chunk that does not matter.
  if (png_image_finish_read(&image, nullptr, rgba.data(), 0, nullptr) == 0)
    fail(ErrorCode::kBadData, "damaged PNG: {}", image.message);
  return upright(over_white(rgba, static_cast<int>(image.width), static_cast<int>(image.height)),
                 orientation_of(bytes));
}

}  // namespace decoders

std::vector<std::uint8_t> encode_png(const Picture& picture) {
  if (picture.empty()) fail(ErrorCode::kBadData, "an empty picture cannot be written");
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  std::vector<std::uint8_t> bytes;
  if (png_image_write_to_memory(&image, nullptr, &size, 0, picture.rgb.data(), 0, nullptr) != 0) {
    bytes.resize(size);
    if (png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.rgb.data(), 0, nullptr) != 0)
      return bytes;
  }
  fail(ErrorCode::kIo, "cannot write a PNG: {}", image.message);
}

void save_png(const Picture& picture, const std::string& path) {
  const std::vector<std::uint8_t> png = encode_png(picture);
  write_file(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace akin
