#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin::decoders {
namespace {

struct Close {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, Close>;

[[noreturn]] void fail_damaged(int error) {
  const char* const text = GifErrorString(error);
  fail(ErrorCode::kBadData, "damaged GIF: {}", text != nullptr ? text : "it cannot be decoded");
}

int read_bytes(GifFileType* gif, GifByteType* to, int count) {
  auto& left = *static_cast<std::span<const std::uint8_t>*>(gif->UserData);
  const std::size_t n = std::min(left.size(), static_cast<std::size_t>(std::max(count, 0)));
  std::copy_n(left.begin(), n, to);
  left = left.subspan(n);
  return static_cast<int>(n);
}

/// Reads up to the first picture; the index of its transparent colour, if there is one.
std::optional<int> skip_to_picture(GifFileType& gif) {
  std::optional<int> transparent;
  for (;;) {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(&gif, &type) == GIF_ERROR) fail_damaged(gif.Error);
    if (type == IMAGE_DESC_RECORD_TYPE) return transparent;
    if (type == TERMINATE_RECORD_TYPE) fail(ErrorCode::kBadData, "the GIF holds no picture");
    if (type != EXTENSION_RECORD_TYPE) continue;
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(&gif, &code, &block) == GIF_ERROR) fail_damaged(gif.Error);
    while (block != nullptr) {
      GraphicsControlBlock control = {};
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK &&
          control.TransparentColor != NO_TRANSPARENT_COLOR) {
        transparent = control.TransparentColor;
      }
      if (DGifGetExtensionNext(&gif, &block) == GIF_ERROR) fail_damaged(gif.Error);
    }
  }
}

/// The rows of a picture in the order in which the file has them.
std::vector<int> row_order(int height, bool interlaced) {
  std::vector<int> rows;
  if (!interlaced) {
    for (int y = 0; y < height; ++y) rows.push_back(y);
    return rows;
  }
  constexpr std::array<std::pair<int, int>, 4> kPasses = {{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
  for (const auto& [first, step] : kPasses) {
    for (int y = first; y < height; y += step) rows.push_back(y);
  }
  return rows;
}

}  // namespace

Picture gif(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  int error = 0;
  std::span<const std::uint8_t> left = bytes;
  const Gif gif(DGifOpen(&left, &read_bytes, &error));
  if (!gif) fail_damaged(error);
  check_size(gif->SWidth, gif->SHeight, options);
  const std::optional<int> transparent = skip_to_picture(*gif);
  if (DGifGetImageDesc(gif.get()) == GIF_ERROR) fail_damaged(gif->Error);
  const GifImageDesc& frame = gif->Image;
  check_size(frame.Width, frame.Height, options);
  const ColorMapObject* const colors = frame.ColorMap != nullptr ? frame.ColorMap : gif->SColorMap;
  if (colors == nullptr) fail(ErrorCode::kBadData, "damaged GIF: it has no colours");
  Picture picture(gif->SWidth, gif->SHeight);
  std::ranges::fill(picture.rgb, std::uint8_t{255});
  std::vector<GifPixelType> line(static_cast<std::size_t>(frame.Width));
  for (const int y : row_order(frame.Height, frame.Interlace)) {
    if (DGifGetLine(gif.get(), line.data(), frame.Width) == GIF_ERROR) fail_damaged(gif->Error);
    if (frame.Top + y < 0 || frame.Top + y >= picture.height) continue;
    for (int x = 0; x < frame.Width; ++x) {
      const int to = frame.Left + x, color = line[static_cast<std::size_t>(x)];
      if (to < 0 || to >= picture.width || color >= colors->ColorCount || transparent == color) continue;
      const GifColorType& c = colors->Colors[color];
      std::uint8_t* const pixel = picture.at(to, frame.Top + y);
      pixel[0] = c.Red;
      pixel[1] = c.Green;
      pixel[2] = c.Blue;
    }
  }
  return picture;
}

}  // namespace akin::decoders
