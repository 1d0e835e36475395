#include <algorithm>

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin::decoders {
namespace {

[[noreturn]] void fail_damaged(std::string_view what) { fail(ErrorCode::kBadData, "damaged BMP: {}", what); }

/// A whole number, lowest byte first.
std::uint32_t number(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  if (at > bytes.size() || bytes.size() - at < size) fail_damaged("its header is cut off");
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

}  // namespace

Picture bmp(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  const std::size_t start = number(bytes, 10, 4), header = number(bytes, 14, 4);
  const auto width = static_cast<std::int32_t>(number(bytes, 18, 4)),
             tall = static_cast<std::int32_t>(number(bytes, 22, 4));
  const std::uint32_t bits = number(bytes, 28, 2), compression = number(bytes, 30, 4);
  const std::int64_t height = tall < 0 ? -static_cast<std::int64_t>(tall) : tall;  // below 0: from the top
  check_size(width, height, options);
  if (header < 40 || compression != 0 || (bits != 8 && bits != 24 && bits != 32)) {
    fail(ErrorCode::kBadData, "a BMP with {} bits and compression {} is not read; save it as PNG", bits,
         compression);
  }
  const std::size_t row = (static_cast<std::size_t>(width) * bits + 31) / 32 * 4, colors = 14 + header;
  if (start > bytes.size() || (bytes.size() - start) / row < static_cast<std::size_t>(height))
    fail_damaged("it is cut off");
  Picture picture(width, static_cast<int>(height));
  for (int y = 0; y < picture.height; ++y) {
    const int from = tall < 0 ? y : picture.height - 1 - y;
    const std::uint8_t* const line = bytes.data() + start + static_cast<std::size_t>(from) * row;
    for (int x = 0; x < width; ++x) {
      const std::uint8_t* bgr = line + static_cast<std::size_t>(x) * (bits / 8);
      if (bits == 8) {
        const std::size_t color = colors + std::size_t{*bgr} * 4;
        if (color + 3 > start) fail_damaged("a pixel has a colour that it does not define");
        bgr = bytes.data() + color;
      }
      std::reverse_copy(bgr, bgr + 3, picture.at(x, y));
    }
  }
  return picture;
}

}  // namespace akin::decoders
