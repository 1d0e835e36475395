// Linear filters: edges as in the textbooks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "akin/image/picture.h"

namespace akin {

/// (height, width) floats.
struct Plane {
  int width = 0;
  int height = 0;
  std::vector<float> values = {};
  Plane() = default;
  Plane(int w, int h)
      : width(w), height(h), values(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)) {}
  float& at(int x, int y) {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
  float at(int x, int y) const {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(x)];
  }
};

/// Brightness from 0 to 255: .299 red + .587 green + .114 blue (ITU-R BT.601).
Plane grey(const Picture& picture);
/// Values from `low` to `high` as grey from 0 to 255, others cut off.
Picture shown(const Plane& plane, float low, float high);

/// What lies beyond the border: nothing is computed there (the result is smaller by kernel - 1), zeros, or the pixels
/// mirrored at the outermost ones, which are not repeated (OpenCV's default).
enum class Border { kValid, kZero, kReflect };

/// out(x, y) = sum over (i, j) of kernel(i, j) plane(x + i - w / 2, y + j - h / 2), w x h being the kernel's size and
/// halves rounded down; with kValid plane(x + i, y + j). What nets call a convolution.
Plane cross_correlate(const Plane& plane, const Plane& kernel, Border border);
/// The same with the kernel turned by 180 degrees: the convolution of mathematics.
Plane convolve(const Plane& plane, const Plane& kernel, Border border);

/// Derivatives in x (to the right) and y (down).
struct Gradient {
  Plane x, y;
  /// sqrt(x^2 + y^2)
  Plane magnitude() const;
  /// atan2(y, x) in degrees, from -180 to 180.
  Plane orientation() const;
};

/// The filters by name: `sobel`, `prewitt`, and `difference`, a pixel less the one before it, whose kernels the tutorial
/// prints for convolution, [[1, -1], [0, 0]] and [[1, 0], [-1, 0]]. Here they are as cross_correlate() takes them: where
/// it is brighter to the right, x is positive, and where it is brighter below, y.
struct EdgeFilter {
  std::string_view name;
  Plane x, y;
};
const std::vector<EdgeFilter>& edge_filters();
/// Throws Error(kUsage) naming those there are.
const EdgeFilter& edge_filter(std::string_view name);
Gradient gradient(const Plane& plane, const EdgeFilter& filter, Border border = Border::kReflect);

}  // namespace akin
