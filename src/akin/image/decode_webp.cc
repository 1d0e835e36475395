#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin::decoders {
namespace {

/// The first frame of a moving picture.
Picture first_frame(std::span<const std::uint8_t> bytes, int width, int height) {
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, nullptr), &WebPAnimDecoderDelete);
  std::uint8_t* rgba = nullptr;
  int milliseconds = 0;
  WebPAnimInfo info = {};
  if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0 ||
      info.canvas_width != static_cast<std::uint32_t>(width) ||
      info.canvas_height != static_cast<std::uint32_t>(height) ||
      WebPAnimDecoderGetNext(decoder.get(), &rgba, &milliseconds) == 0) {
    fail(ErrorCode::kBadData, "damaged WebP: its first frame cannot be decoded");
  }
  return over_white({rgba, static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4}, width,
                    height);
}

/// Of the chunk EXIF of a file in the extended format.
int orientation_of(std::span<const std::uint8_t> bytes) {
  const WebPData data{bytes.data(), bytes.size()};
  const std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> file(WebPDemux(&data), &WebPDemuxDelete);
  WebPChunkIterator chunk = {};
  if (!file || WebPDemuxGetChunk(file.get(), "EXIF", 1, &chunk) == 0) return 1;
  const int orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

}  // namespace

Picture webp(std::span<const std::uint8_t> bytes, const DecodeOptions& options) {
  WebPBitstreamFeatures features = {};
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK)
    fail(ErrorCode::kBadData, "damaged WebP: its header cannot be read");
  const int width = features.width, height = features.height;
  check_size(width, height, options);
  const int orientation = orientation_of(bytes);
  if (features.has_animation != 0) return upright(first_frame(bytes, width, height), orientation);
  std::vector<std::uint8_t> rgba(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
  if (WebPDecodeRGBAInto(bytes.data(), bytes.size(), rgba.data(), rgba.size(), 4 * width) == nullptr)
    fail(ErrorCode::kBadData, "damaged WebP: it cannot be decoded");
  return upright(over_white(rgba, width, height), orientation);
}

}  // namespace akin::decoders
