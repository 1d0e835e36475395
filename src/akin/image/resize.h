// Pictures of another size.
#pragma once

#include <algorithm>
#include <array>
#include <string>

#include "akin/image/picture.h"

namespace akin {

enum class Filter { kBilinear, kBicubic };

/// The part of a picture [left, left + width) x [top, top + height), within it.
struct Box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};
Picture crop(const Picture& picture, const Box& box);

/// Separable resampling, first along rows: a pixel is the mean of those around its place, weighted by a triangle of
/// radius 1 (kBilinear) or the cubic of radius 2 with a = -1/2 (kBicubic; Keys 1981), which are stretched where the
/// picture shrinks. Rounds to 8 bits after each direction. What Pillow and torchvision do with a picture.
Picture resize(const Picture& picture, int width, int height, Filter filter);

/// How a picture of any shape becomes a square.
enum class Fit {
  kCrop,     ///< the shorter side is resized, the middle of the longer one stays
  kPad,      ///< the longer side is resized, the rest is filled
  kStretch,  ///< both sides are resized
};
/// crop, pad or stretch; anything else is crop.
Fit parse_fit(const std::string& text);

struct SquareOptions {
  int size = 224;
  Fit fit = Fit::kCrop;
  Filter filter = Filter::kBilinear;
  /// The side to resize to before the middle is cut out; 0 = `size`. Only of kCrop.
  int resized = 0;
  std::array<std::uint8_t, 3> fill = {255, 255, 255};  ///< of kPad
};
/// Pixels on each side of a picture that square() can do with: more would be averaged away (DecodeOptions::enough).
inline int enough_pixels(const SquareOptions& options) { return std::max(options.size, options.resized); }
/// (size, size) of any picture that is not empty.
Picture square(const Picture& picture, const SquareOptions& options);

/// Mirrors left and right.
Picture mirrored(const Picture& picture);

}  // namespace akin
