// The decoders behind decode_picture(), one for each format. All throw Error(kBadData) as it does.
#pragma once

#include "akin/image/decode.h"

namespace akin::decoders {

/// Throws Error(kBadData) unless both sides are positive and their product is at most options.most_pixels.
void check_size(std::int64_t width, std::int64_t height, const DecodeOptions& options);

/// `rgba` over white.
Picture over_white(std::span<const std::uint8_t> rgba, int width, int height);

/// The orientation, 1 to 8, that an EXIF block (TIFF, behind "Exif\0\0" or not) tells; 1 if none, or none that can be read.
int exif_orientation(std::span<const std::uint8_t> exif);

/// The picture as a viewer shows it that looks at the orientation.
Picture upright(Picture picture, int orientation);

Picture jpeg(std::span<const std::uint8_t> bytes, const DecodeOptions& options);
Picture png(std::span<const std::uint8_t> bytes, const DecodeOptions& options);
Picture webp(std::span<const std::uint8_t> bytes, const DecodeOptions& options);
Picture gif(std::span<const std::uint8_t> bytes, const DecodeOptions& options);
Picture bmp(std::span<const std::uint8_t> bytes, const DecodeOptions& options);
Picture pnm(std::span<const std::uint8_t> bytes, const DecodeOptions& options);  ///< P5 and P6

}  // namespace akin::decoders
