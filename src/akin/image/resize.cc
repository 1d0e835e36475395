#include "akin/image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "akin/base/error.h"

namespace akin {
namespace {

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// The pixels that a new one is made of.
struct Taps {
  int first = 0;
  std::vector<float> weights;  // their sum is 1
};

std::vector<Taps> taps_of(int from, int to, Filter filter) {
  const double scale = static_cast<double>(from) / to, stretch = std::max(1.0, scale);
  const double radius = (filter == Filter::kBicubic ? 2 : 1) * stretch;
  std::vector<Taps> taps(static_cast<std::size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - radius + 0.5));
    const int last = std::min(from, static_cast<int>(center + radius + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int p = first; p < last; ++p) {
      const double x = (p + 0.5 - center) / stretch;
      weights.push_back(filter == Filter::kBicubic ? cubic(x) : triangle(x));
      sum += weights.back();
    }
    Taps& tap = taps[static_cast<std::size_t>(i)];
    tap.first = first;
    for (const double weight : weights) tap.weights.push_back(static_cast<float>(weight / sum));
  }
  return taps;
}

std::uint8_t rounded(float x) { return static_cast<std::uint8_t>(std::clamp(x + 0.5F, 0.0F, 255.0F)); }

/// The sums of a row of pixels, rounded to bytes.
void round_row(std::span<const float> sums, std::uint8_t* out) {
  for (std::size_t i = 0; i < sums.size(); ++i) out[i] = rounded(sums[i]);
}

Picture resize_rows(const Picture& picture, int width, Filter filter) {
  const std::vector<Taps> taps = taps_of(picture.width, width, filter);
  Picture result(width, picture.height);
  // Four values at a time: the fourth belongs to the next pixel and is written over. (g++ and clang have this type.)
  using Lanes = float __attribute__((vector_size(16)));
  std::vector<float> pixels(static_cast<std::size_t>(picture.width) * 3 + 1);
  std::vector<float> sums(static_cast<std::size_t>(width) * 3 + 1);
  for (int y = 0; y < result.height; ++y) {
    std::copy_n(picture.at(0, y), pixels.size() - 1, pixels.begin());
    for (std::size_t x = 0; x < taps.size(); ++x) {
      const float* pixel = &pixels[static_cast<std::size_t>(taps[x].first) * 3];
      Lanes sum = {}, values;
      for (const float weight : taps[x].weights) {
        std::memcpy(&values, pixel, sizeof values);
        sum += weight * values;
        pixel += 3;
      }
      std::memcpy(&sums[x * 3], &sum, sizeof sum);
    }
    round_row({sums.data(), sums.size() - 1}, result.at(0, y));
  }
  return result;
}

Picture resize_columns(const Picture& picture, int height, Filter filter) {
  const std::vector<Taps> taps = taps_of(picture.height, height, filter);
  Picture result(picture.width, height);
  std::vector<float> sums(static_cast<std::size_t>(picture.width) * 3);
  for (int y = 0; y < height; ++y) {
    const Taps& tap = taps[static_cast<std::size_t>(y)];
    std::ranges::fill(sums, 0.0F);
    for (std::size_t t = 0; t < tap.weights.size(); ++t) {
      const float weight = tap.weights[t];
      const std::uint8_t* const row = picture.at(0, tap.first + static_cast<int>(t));
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * static_cast<float>(row[i]);
    }
    round_row(sums, result.at(0, y));
  }
  return result;
}

/// `side` times `to` / `from`, at least 1.
int scaled(int side, int to, int from) {
  return std::max(1, static_cast<int>(std::lround(static_cast<double>(side) * to / from)));
}

Picture padded(const Picture& picture, const SquareOptions& options) {
  const int longer = std::max(picture.width, picture.height), size = options.size;
  const Picture inner = resize(picture, scaled(picture.width, size, longer),
                               scaled(picture.height, size, longer), options.filter);
  Picture result(size, size);
  for (std::size_t i = 0; i < result.rgb.size(); ++i) result.rgb[i] = options.fill[i % 3];
  const int left = (size - inner.width) / 2, top = (size - inner.height) / 2;
  for (int y = 0; y < inner.height; ++y)
    std::copy_n(inner.at(0, y), static_cast<std::size_t>(inner.width) * 3, result.at(left, top + y));
  return result;
}

}  // namespace

Picture crop(const Picture& picture, const Box& box) {
  AKIN_ASSERT(box.left >= 0 && box.top >= 0 && box.left + box.width <= picture.width &&
              box.top + box.height <= picture.height);
  Picture result(box.width, box.height);
  for (int y = 0; y < box.height; ++y)
    std::copy_n(picture.at(box.left, box.top + y), static_cast<std::size_t>(box.width) * 3, result.at(0, y));
  return result;
}

Picture resize(const Picture& picture, int width, int height, Filter filter) {
  AKIN_ASSERT(width > 0 && height > 0 && !picture.empty());
  if (width == picture.width && height == picture.height) return picture;
  // Rows first, but of a picture that is far wider than high the result of either order may be much larger.
  return resize_columns(resize_rows(picture, width, filter), height, filter);
}

Fit parse_fit(const std::string& text) {
  return text == "pad" ? Fit::kPad : text == "stretch" ? Fit::kStretch : Fit::kCrop;
}

Picture square(const Picture& picture, const SquareOptions& options) {
  const int size = options.size;
  if (options.fit == Fit::kStretch) return resize(picture, size, size, options.filter);
  if (options.fit == Fit::kPad) return padded(picture, options);
  // The part that stays is cut out first: a picture of 10,000 x 1 pixels would become one of 2,240,000 x 224.
  const int resized = std::max(options.resized, size), shorter = std::min(picture.width, picture.height);
  const double side = static_cast<double>(shorter) * size / resized;
  const int cut = std::clamp(static_cast<int>(std::lround(side)), 1, shorter);
  const Box box{(picture.width - cut) / 2, (picture.height - cut) / 2, cut, cut};
  return resize(crop(picture, box), size, size, options.filter);
}

Picture mirrored(const Picture& picture) {
  Picture result(picture.width, picture.height);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x)
      std::copy_n(picture.at(picture.width - 1 - x, y), 3, result.at(x, y));
  }
  return result;
}

}  // namespace akin
