// From the bytes of a file to a picture.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "akin/image/picture.h"

namespace akin {

struct DecodeOptions {
  /// Larger pictures are refused before memory is taken for them: at most 12 bytes a pixel.
  std::uint64_t most_pixels = 64'000'000;
  /// A JPEG may be decoded at a half, quarter or eighth of its size while both sides keep this many pixels;
  /// 0 = always at full size.
  int enough = 0;
};

/// The format that the bytes begin like: "jpeg", "png", "webp", "gif", "bmp", "pnm" or "".
std::string_view picture_format(std::span<const std::uint8_t> bytes);

/// Decodes JPEG (grey, RGB and CMYK), PNG, WebP (these three turned as their EXIF orientation says), GIF (of moving pictures
/// the first), BMP, and PGM and PPM of bytes, whatever the name of the file. What is transparent becomes white, 16 bits become
/// 8. Throws Error(kBadData) that says what is wrong: an unknown format, too many pixels, damaged or cut-off data.
Picture decode_picture(std::span<const std::uint8_t> bytes, const DecodeOptions& options = {});

/// PNG (8 bits, RGB). Throws Error(kBadData) for an empty picture.
std::vector<std::uint8_t> encode_png(const Picture& picture);
/// The same in a file. Throws Error(kIo) too.
void save_png(const Picture& picture, const std::string& path);

}  // namespace akin
