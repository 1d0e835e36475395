// Resizing, filters and features; the figures of OpenCV and Pillow are from tests/reference/pictures/make.py.
#include <gtest/gtest.h>

#include <bit>
#include <numeric>

#include "akin/base/error.h"
#include "akin/image/drawings.h"
#include "akin/image/filters.h"
#include "akin/image/hog.h"
#include "akin/image/resize.h"

namespace akin {
namespace {

/// waves() of make.py.
Picture waves(int width, int height) {
  Picture picture(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      std::uint8_t* const pixel = picture.at(x, y);
      pixel[0] = static_cast<std::uint8_t>(x * x + 3 * y);
      pixel[1] = static_cast<std::uint8_t>(5 * x + y * y);
      pixel[2] = static_cast<std::uint8_t>(x * y);
    }
  }
  return picture;
}

Plane plane(int width, int height, std::vector<float> values) {
  Plane result(width, height);
  result.values = std::move(values);
  return result;
}

TEST(HogTest, EqualsOpenCv) {
  const std::vector<float> values = hog(waves(64, 128));
  ASSERT_EQ(values.size(), 3780u);
  const std::vector<double> expected = {0.315504, 0.271879, 0.276322, 0.301405, 0.258769, 0.25614,  0.234743,
                                        0.241337, 0.264397, 0.204966, 0.191843, 0.259352, 0.174965, 0.160988,
                                        0.264249, 0.243615, 0.118962, 0.252691, 0.167634, 0.093987};
  // OpenCV's arc tangent is off by up to a hundredth of a degree.
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(values[189 * i], expected[i], 2e-4) << i;
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), 507.56677, 0.02);
  const std::vector<float> large = hog(waves(224, 224));
  ASSERT_EQ(large.size(), 26244u);
  EXPECT_NEAR(std::accumulate(large.begin(), large.end(), 0.0), 3520.9836, 0.15);
}

TEST(HogTest, OfEquallySteepColoursTakesOpenCvs) {
  Picture picture(16, 16);
  for (int y = 0; y < 16; ++y) {
    for (int x = 0; x < 16; ++x) {
      picture.at(x, y)[0] = static_cast<std::uint8_t>(10 * x);
      picture.at(x, y)[2] = static_cast<std::uint8_t>(10 * y);
    }
  }
  const std::vector<float> values = hog(picture);
  EXPECT_NEAR(values[0], 0.28715, 2e-4);  // .33078 if red came first
  EXPECT_NEAR(values[4], 0.37335, 2e-4);
}

TEST(HogTest, SmallPicturesAndFlatOnes) {
  EXPECT_THROW(hog(Picture(15, 64)), Error);
  for (const float value : hog(Picture(16, 16))) EXPECT_EQ(value, 0);
  EXPECT_EQ(hog(Picture(23, 16)).size(), 36u) << "what is beyond the last whole cell is left out";
}

TEST(ResizeTest, EqualsPillow) {
  const auto expect = [](Filter filter, int width, int height, double sum, const std::vector<int>& first) {
    const Picture picture = resize(waves(20, 12), width, height, filter);
    for (std::size_t i = 0; i < first.size(); ++i) EXPECT_NEAR(picture.rgb[i], first[i], 1) << i;
    EXPECT_NEAR(std::accumulate(picture.rgb.begin(), picture.rgb.end(), 0.0), sum, 1e-3 * sum);
  };
  expect(Filter::kBilinear, 7, 5, 8019, {5, 7, 1, 19, 20, 4, 49, 34, 6, 95, 49, 9});
  expect(Filter::kBilinear, 33, 20, 151695, {0, 0, 0, 0, 2, 0, 1, 5, 0, 3, 8, 0});
  expect(Filter::kBicubic, 7, 5, 8004, {3, 6, 1, 16, 20, 3, 46, 34, 5, 92, 49, 7});
  expect(Filter::kBicubic, 33, 20, 151703, {0, 0, 0, 0, 2, 0, 1, 5, 0, 3, 8, 0});
}

TEST(ResizeTest, ShapesBecomeSquares) {
  Picture wide(40, 10);  // white, but for its black ends
  std::fill(wide.rgb.begin(), wide.rgb.end(), std::uint8_t{255});
  for (int y = 0; y < 10; ++y) std::fill_n(wide.at(0, y), 3 * 10, std::uint8_t{0});
  const Picture cut = square(wide, {.size = 20, .fit = Fit::kCrop});
  EXPECT_EQ(*std::ranges::min_element(cut.rgb), 255) << "the middle";
  const Picture filled = square(wide, {.size = 20, .fit = Fit::kPad, .fill = {1, 2, 3}});
  EXPECT_EQ(filled.at(19, 0)[2], 3);
  EXPECT_EQ(filled.at(0, 10)[0], 0);
  const Picture stretched = square(wide, {.size = 20, .fit = Fit::kStretch});
  EXPECT_EQ(enough_pixels({.size = 224, .resized = 256}), 256);
  EXPECT_EQ(enough_pixels({.size = 224}), 224);
  EXPECT_EQ(stretched.at(0, 0)[0], 0);
  EXPECT_EQ(stretched.at(19, 19)[0], 255);
  for (const Fit fit : {Fit::kCrop, Fit::kPad, Fit::kStretch}) {
    EXPECT_EQ(square(Picture(1, 5000), {.size = 8, .fit = fit}).rgb.size(), 192u);
    EXPECT_EQ(square(Picture(1, 1), {.size = 8, .fit = fit}).rgb.size(), 192u);
  }
}

TEST(FiltersTest, StepsAndRamps) {
  // A ramp of 3 a pixel to the right and 5 down.
  Plane ramp(6, 5);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 6; ++x) ramp.at(x, y) = static_cast<float>(3 * x + 5 * y);
  }
  const auto expect = [&](const char* name, float x, float y) {
    const Gradient g = gradient(ramp, edge_filter(name), Border::kValid);
    for (const float value : g.x.values) EXPECT_FLOAT_EQ(value, x) << name;
    for (const float value : g.y.values) EXPECT_FLOAT_EQ(value, y) << name;
  };
  expect("sobel", 24, 40);
  expect("prewitt", 18, 30);
  expect("difference", 3, 5);
  for (const EdgeFilter& filter : edge_filters()) {
    const Gradient flat = gradient(plane(4, 4, std::vector<float>(16, 7)), filter);
    for (const Plane* part : {&flat.x, &flat.y}) {
      for (const float value : part->values) EXPECT_EQ(value, 0) << filter.name;
    }
  }
  const Gradient g = gradient(ramp, edge_filter("difference"), Border::kValid);
  EXPECT_FLOAT_EQ(g.magnitude().at(0, 0), std::sqrt(34.0F));
  EXPECT_NEAR(g.orientation().at(0, 0), 59.036, 1e-3);
  EXPECT_THROW(edge_filter("sobl"), Error);
}

TEST(FiltersTest, ConvolutionTurnsTheKernel) {
  const Plane row = plane(4, 1, {1, 2, 4, 8}), kernel = plane(3, 1, {1, 0, -1});
  EXPECT_EQ(cross_correlate(row, kernel, Border::kValid).values, (std::vector<float>{-3, -6}));
  EXPECT_EQ(convolve(row, kernel, Border::kValid).values, (std::vector<float>{3, 6}));
  EXPECT_EQ(cross_correlate(row, kernel, Border::kZero).values, (std::vector<float>{-2, -3, -6, 4}));
  EXPECT_EQ(cross_correlate(row, kernel, Border::kReflect).values, (std::vector<float>{0, -3, -6, 0}));
  // The kernels as the tutorial prints them, by convolution.
  EXPECT_EQ(convolve(plane(3, 2, {0, 0, 0, 1, 3, 7}), plane(2, 2, {1, -1, 0, 0}), Border::kValid).values,
            (std::vector<float>{2, 4}));
  EXPECT_THROW(cross_correlate(row, plane(5, 1, {1, 1, 1, 1, 1}), Border::kValid), Error);
}

TEST(HistogramTest, IsOfLengthOne) {
  Picture picture(2, 2);
  std::fill_n(picture.at(0, 1), 6, std::uint8_t{255});
  const std::vector<float> shares = color_histogram(picture);
  EXPECT_FLOAT_EQ(shares.front(), std::sqrt(0.5F));
  EXPECT_FLOAT_EQ(shares.back(), std::sqrt(0.5F));
}

TEST(ContactSheetTest, FramesTheFirstAndFillsRows) {
  Picture dark(10, 20);
  const Picture sheet = contact_sheet({dark, dark, Picture(), dark}, 3, 20, true);
  EXPECT_EQ(std::pair(sheet.width, sheet.height), std::pair(4 + 3 * 24, 4 + 2 * 24));
  const auto pixel = [&](int x, int y) { return std::vector<int>(sheet.at(x, y), sheet.at(x, y) + 3); };
  const std::vector<int> white = {255, 255, 255}, black = {0, 0, 0}, red = {200, 0, 0};
  EXPECT_EQ(pixel(2, 10), red);    // the frame of the first
  EXPECT_EQ(pixel(4, 10), white);  // padded to a square
  EXPECT_EQ(pixel(14, 10), black);
  EXPECT_EQ(pixel(38, 10), black);
  EXPECT_EQ(pixel(62, 10), white);  // none
  EXPECT_EQ(pixel(2, 34), white);   // no frame of the second row
  EXPECT_EQ(pixel(14, 34), black);
}

TEST(DifferenceHashTest, FindsNearDuplicates) {
  const Picture picture = waves(60, 80);
  const DifferenceHash hash = difference_hash(picture);
  const DifferenceHash again = difference_hash(resize(picture, 45, 60, Filter::kBicubic));
  EXPECT_LE(std::popcount(hash.across ^ again.across), 4);
  EXPECT_LE(std::popcount(hash.down ^ again.down), 4);
  EXPECT_GT(std::popcount(hash.across ^ difference_hash(mirrored(picture)).across), 10);
  const auto [x, y] = hash;
  const std::vector<DifferenceHash> hashes = {{x, y},          {~x, y},     {x ^ 0x8001, y},
                                              {x ^ 0x8003, y}, {~x ^ 1, y}, {x, ~y}};
  using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  EXPECT_EQ(near_hashes(hashes, 2), (Pairs{{0, 2}, {1, 4}, {2, 3}}));
  EXPECT_EQ(near_hashes(hashes, 0), (Pairs{}));
  EXPECT_EQ(near_hashes(hashes, 3).size(), 4u);
}

}  // namespace
}  // namespace akin
