#include "akin/image/decode.h"

#include <algorithm>
#include <string_view>

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin {
namespace decoders {

void check_size(std::int64_t width, std::int64_t height, const DecodeOptions& options) {
  if (width <= 0 || height <= 0) fail(ErrorCode::kBadData, "the picture has {} x {} pixels", width, height);
  constexpr std::int64_t kLongestSide = 1 << 24;
  if (width > kLongestSide || height > kLongestSide ||
      static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) > options.most_pixels) {
    fail(ErrorCode::kBadData, "the picture has {} x {} pixels, more than the {} that are read", width, height,
         options.most_pixels);
  }
}

Picture over_white(std::span<const std::uint8_t> rgba, int width, int height) {
  Picture picture(width, height);
  for (std::size_t p = 0; p < rgba.size() / 4; ++p) {
    const unsigned alpha = rgba[4 * p + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned mixed = rgba[4 * p + c] * alpha + 255 * (255 - alpha);
      picture.rgb[3 * p + c] = static_cast<std::uint8_t>((mixed + 127) / 255);
    }
  }
  return picture;
}

namespace {

/// Whole numbers of a TIFF block in its byte order; 0 beyond its end.
class Tiff {
 public:
  explicit Tiff(std::span<const std::uint8_t> bytes)
      : bytes_(bytes), big_(!bytes.empty() && bytes[0] == 'M') {}
  std::uint32_t number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes_[at + (big_ ? i : size - 1 - i)];
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool big_;
};

}  // namespace

int exif_orientation(std::span<const std::uint8_t> exif) {
  constexpr std::string_view kHead("Exif\0\0", 6);
  const bool has_head = exif.size() >= kHead.size() && std::equal(kHead.begin(), kHead.end(), exif.begin());
  const Tiff tiff(has_head ? exif.subspan(kHead.size()) : exif);
  if (const auto order = tiff.number(0, 2); order != 0x4949 && order != 0x4D4D) return 1;  // "II" or "MM"
  const std::size_t directory = tiff.number(4, 4), entries = tiff.number(directory, 2);
  for (std::size_t e = 0; e < entries; ++e) {
    constexpr std::uint32_t kOrientation = 0x0112, kShort = 3;
    const std::size_t entry = directory + 2 + 12 * e;
    if (tiff.number(entry, 2) != kOrientation || tiff.number(entry + 2, 2) != kShort) continue;
    const auto orientation = static_cast<int>(tiff.number(entry + 8, 2));
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

Picture upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  // 5 to 8 lie on their side: rows become columns.
  const bool turned = orientation >= 5;
  Picture result(turned ? picture.height : picture.width, turned ? picture.width : picture.height);
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      int from_x = turned ? y : x, from_y = turned ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = picture.width - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = picture.height - 1 - from_y;
      std::copy_n(picture.at(from_x, from_y), 3, result.at(x, y));
    }
  }
  return result;
}

}  // namespace decoders

std::string_view picture_format(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min<std::size_t>(bytes.size(), 16));
  if (text.starts_with("\xFF\xD8\xFF")) return "jpeg";
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return "png";
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return "webp";
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return "gif";
  if (text.starts_with("BM")) return "bmp";
  if (text.starts_with("P5") || text.starts_with("P6")) return "pnm";
  return "";
}

Picture decode_picture(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  const std::string_view format = picture_format(bytes);
  if (format == "jpeg") return decoders::jpeg(bytes, options);
  if (format == "png") return decoders::png(bytes, options);
  if (format == "webp") return decoders::webp(bytes, options);
  if (format == "gif") return decoders::gif(bytes, options);
  if (format == "bmp") return decoders::bmp(bytes, options);
  if (format == "pnm") return decoders::pnm(bytes, options);
  fail(ErrorCode::kBadData, "{}",
       bytes.empty() ? "the file is empty" : "this is no JPEG, PNG, WebP, GIF, BMP, PGM or PPM");
}

}  // namespace akin
