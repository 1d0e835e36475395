#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs FILE

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin::decoders {
namespace {

/// libjpeg with its errors turned into a message. Functions that libjpeg may leave by longjmp hold nothing that needs
/// to be destroyed.
class JpegReader {
 public:
  JpegReader() {
    jpeg_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = [](j_common_ptr jpeg) {
      auto* const errors = reinterpret_cast<Errors*>(jpeg->err);
      jpeg->err->format_message(jpeg, errors->message.data());
      std::longjmp(errors->back, 1);
    };
    errors_.base.emit_message = [](j_common_ptr jpeg, int level) {
      if (level < 0) ++jpeg->err->num_warnings;
      // What is missing would be grey.
      if (level < 0 && (jpeg->err->msg_code == JWRN_JPEG_EOF || jpeg->err->msg_code == JWRN_HIT_MARKER))
        jpeg->err->error_exit(jpeg);
    };
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() {
    if (created_) jpeg_destroy_decompress(&jpeg_);
  }

  /// False with a message() if it fails.
  bool read_header(std::span<const std::uint8_t> bytes) {
    if (setjmp(errors_.back) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    created_ = true;
    jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&jpeg_, bytes.data(), bytes.size());
    jpeg_read_header(&jpeg_, TRUE);
    const bool four = jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
    jpeg_.out_color_space = four ? JCS_CMYK : JCS_RGB;
    return true;
  }
  bool start(unsigned scale) {
    if (setjmp(errors_.back) != 0) return false;
    jpeg_.scale_num = 1;
    jpeg_.scale_denom = scale;
    // Bits do not depend on the processor.
    jpeg_.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&jpeg_);
    return true;
  }
  bool read_line(std::uint8_t* line) {
    if (setjmp(errors_.back) != 0) return false;
    return jpeg_read_scanlines(&jpeg_, &line, 1) == 1;
  }
  const char* message() const { return errors_.message.data(); }
  const jpeg_decompress_struct& jpeg() const { return jpeg_; }

 private:
  struct Errors {
    jpeg_error_mgr base = {};
    std::jmp_buf back = {};
    std::array<char, JMSG_LENGTH_MAX> message = {};
  };
  Errors errors_;
  jpeg_decompress_struct jpeg_ = {};
  bool created_ = false;
};

void cmyk_to_rgb(std::span<const std::uint8_t> line, bool inverted, std::uint8_t* rgb) {
  for (std::size_t p = 0; p < line.size() / 4; ++p) {
    const auto ink = [&](std::size_t c) -> unsigned {
      return inverted ? line[4 * p + c] : 255U - line[4 * p + c];
    };
    for (std::size_t c = 0; c < 3; ++c)
      rgb[3 * p + c] = static_cast<std::uint8_t>((ink(c) * ink(3) + 127) / 255);
  }
}

int orientation_of(const jpeg_decompress_struct& jpeg) {
  for (const jpeg_marker_struct* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    if (marker->marker != JPEG_APP0 + 1) continue;
    if (const int orientation = exif_orientation({marker->data, marker->data_length}); orientation != 1)
      return orientation;
  }
  return 1;
}

}  // namespace

Picture jpeg(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  JpegReader reader;
  const auto check = [&](bool good) {
    if (!good) fail(ErrorCode::kBadData, "damaged JPEG: {}", reader.message());
  };
  check(reader.read_header(bytes));
  const jpeg_decompress_struct& jpeg = reader.jpeg();
  check_size(jpeg.image_width, jpeg.image_height, options);
  const unsigned shorter = std::min(jpeg.image_width, jpeg.image_height);
  unsigned scale = 1;
  while (options.enough > 0 && scale < 8 && shorter / (2 * scale) >= static_cast<unsigned>(options.enough))
    scale *= 2;
  check(reader.start(scale));
  Picture picture(static_cast<int>(jpeg.output_width), static_cast<int>(jpeg.output_height));
  const bool four = jpeg.out_color_space == JCS_CMYK;
  std::vector<std::uint8_t> line(four ? static_cast<std::size_t>(picture.width) * 4 : 0);
  for (int y = 0; y < picture.height; ++y) {
    check(reader.read_line(four ? line.data() : picture.at(0, y)));
    // Programs of Adobe write how much light passes, not how much ink there is.
    if (four) cmyk_to_rgb(line, jpeg.saw_Adobe_marker, picture.at(0, y));
  }
  return upright(std::move(picture), orientation_of(jpeg));
}

}  // namespace akin::decoders
