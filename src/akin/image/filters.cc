#include "akin/image/filters.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "akin/base/error.h"

namespace akin {
namespace {

/// The place that stands for place `i` of a row of `n`, or -1: none.
int inside(int i, int n, Border border) {
  if (i >= 0 && i < n) return i;
  if (border != Border::kReflect) return -1;
  if (n == 1) return 0;
  const int period = 2 * (n - 1);
  i = ((i % period) + period) % period;
  return i < n ? i : period - i;
}

Plane kernel(int width, int height, std::vector<float> values) {
  Plane plane(width, height);
  plane.values = std::move(values);
  return plane;
}

Plane combined(const Plane& a, const Plane& b, float (*of)(float, float)) {
  Plane result(a.width, a.height);
  std::ranges::transform(a.values, b.values, result.values.begin(), of);
  return result;
}

}  // namespace

Plane grey(const Picture& picture) {
  Plane plane(picture.width, picture.height);
  for (std::size_t p = 0; p < plane.values.size(); ++p) {
    const std::uint8_t* const rgb = picture.rgb.data() + 3 * p;
    plane.values[p] = 0.299F * static_cast<float>(rgb[0]) + 0.587F * static_cast<float>(rgb[1]) +
                      0.114F * static_cast<float>(rgb[2]);
  }
  return plane;
}

Picture shown(const Plane& plane, float low, float high) {
  Picture picture(plane.width, plane.height);
  const float scale = high > low ? 255 / (high - low) : 0;
  for (std::size_t p = 0; p < plane.values.size(); ++p) {
    const float value = std::clamp((plane.values[p] - low) * scale + 0.5F, 0.0F, 255.0F);
    std::fill_n(picture.rgb.begin() + static_cast<std::ptrdiff_t>(3 * p), 3,
                static_cast<std::uint8_t>(value));
  }
  return picture;
}

Plane cross_correlate(const Plane& plane, const Plane& kernel, Border border) {
  const bool valid = border == Border::kValid;
  const int width = valid ? plane.width - kernel.width + 1 : plane.width;
  const int height = valid ? plane.height - kernel.height + 1 : plane.height;
  if (width < 1 || height < 1) {
    fail(ErrorCode::kBadData, "a kernel of {} x {} does not fit a picture of {} x {}", kernel.width,
         kernel.height, plane.width, plane.height);
  }
  const int left = valid ? 0 : kernel.width / 2, top = valid ? 0 : kernel.height / 2;
  Plane result(width, height);
  for (int y = 0; y < height; ++y) {
    for (int j = 0; j < kernel.height; ++j) {
      const int from_y = inside(y + j - top, plane.height, border);
      if (from_y < 0) continue;
      for (int i = 0; i < kernel.width; ++i) {
        const float weight = kernel.at(i, j);
        for (int x = 0; x < width; ++x) {
          const int from_x = inside(x + i - left, plane.width, border);
          if (from_x >= 0) result.at(x, y) += weight * plane.at(from_x, from_y);
        }
      }
    }
  }
  return result;
}

Plane convolve(const Plane& plane, const Plane& kernel, Border border) {
  Plane turned = kernel;
  std::ranges::reverse(turned.values);
  return cross_correlate(plane, turned, border);
}

Plane Gradient::magnitude() const {
  return combined(x, y, [](float a, float b) { return std::sqrt(a * a + b * b); });
}

Plane Gradient::orientation() const {
  return combined(x, y,
                  [](float a, float b) { return std::atan2(b, a) * (180 / std::numbers::pi_v<float>); });
}

const std::vector<EdgeFilter>& edge_filters() {
  static const std::vector<EdgeFilter> kFilters = {
      {"sobel", kernel(3, 3, {-1, 0, 1, -2, 0, 2, -1, 0, 1}), kernel(3, 3, {-1, -2, -1, 0, 0, 0, 1, 2, 1})},
      {"prewitt", kernel(3, 3, {-1, 0, 1, -1, 0, 1, -1, 0, 1}), kernel(3, 3, {-1, -1, -1, 0, 0, 0, 1, 1, 1})},
      {"difference", kernel(2, 2, {0, 0, -1, 1}), kernel(2, 2, {0, -1, 0, 1})},
  };
  return kFilters;
}

const EdgeFilter& edge_filter(std::string_view name) {
  std::vector<std::string> names;
  for (const EdgeFilter& filter : edge_filters()) {
    if (filter.name == name) return filter;
    names.emplace_back(filter.name);
  }
  fail(ErrorCode::kUsage, "there is no filter '{}'{}; there are: {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

Gradient gradient(const Plane& plane, const EdgeFilter& filter, Border border) {
  return {cross_correlate(plane, filter.x, border), cross_correlate(plane, filter.y, border)};
}

}  // namespace akin
