// Pictures that tests/reference/pictures/make.py made: red, green / blue, white in four quarters of 16 x 8 pixels.
#include "akin/image/decode.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "akin/base/error.h"
#include "akin/image/decoders.h"

namespace akin {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes file(const std::string& name) {
  std::ifstream in(AKIN_SOURCE_DIR "/tests/reference/pictures/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

void expect_pixel(const Picture& picture, int x, int y, const std::vector<int>& rgb, int most) {
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_LE(std::abs(picture.at(x, y)[c] - rgb[c]), most)
        << "(" << x << ", " << y << ") channel " << c << ": " << int{picture.at(x, y)[c]};
  }
}

void expect_quarters(const std::string& name, int most) {
  SCOPED_TRACE(name);
  const Picture picture = decode_picture(file(name));
  ASSERT_EQ(picture.width, 16);
  ASSERT_EQ(picture.height, 8);
  expect_pixel(picture, 2, 1, {250, 0, 0}, most);
  expect_pixel(picture, 13, 1, {0, 250, 0}, most);
  expect_pixel(picture, 2, 6, {0, 0, 250}, most);
  expect_pixel(picture, 13, 6, {250, 250, 250}, most);
}

std::string error_of(const Bytes& bytes, const DecodeOptions& options = {}) {
  try {
    decode_picture(bytes, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    return error.what();
  }
  return "";
}

TEST(DecodeTest, AllFormats) {
  for (const char* name : {"rgb.png", "palette.png", "deep.png", "rgb.webp", "moving.webp", "moving.gif",
                           "interlaced.gif", "rgb.bmp"}) {
    expect_quarters(name, 0);
  }
  expect_quarters("rgb.jpg", 3);
  expect_quarters("cmyk.jpg", 3);
}

TEST(DecodeTest, PicturesThatLieOnTheirSideAreTurned) {
  for (int orientation = 2; orientation <= 8; ++orientation)
    expect_quarters("exif" + std::to_string(orientation) + ".jpg", 3);
}

TEST(DecodeTest, GreyAndTransparent) {
  const Picture grey = decode_picture(file("grey.jpg"));
  expect_pixel(grey, 2, 1, {75, 75, 75}, 3);
  const Picture clear = decode_picture(file("alpha.png"));
  expect_pixel(clear, 2, 1, {250, 0, 0}, 0);
  expect_pixel(clear, 13, 1, {255, 255, 255}, 0);
}

TEST(DecodeTest, DamagedFilesAreErrorsThatSayWhat) {
  EXPECT_EQ(error_of({}), "the file is empty");
  EXPECT_EQ(error_of({'h', 'e', 'l', 'l', 'o'}), "this is no JPEG, PNG, WebP, GIF, BMP, PGM or PPM");
  for (const char* name :
       {"rgb.jpg", "cmyk.jpg", "rgb.png", "rgb.webp", "moving.webp", "interlaced.gif", "rgb.bmp"}) {
    Bytes bytes = file(name);
    for (const std::size_t left : {bytes.size() * 2 / 3, std::size_t{20}, std::size_t{12}}) {
      bytes.resize(left);
      EXPECT_NE(error_of(bytes), "") << name << " cut to " << left;
    }
  }
}

TEST(DecodeTest, LargePicturesAreRefusedBeforeTheyTakeMemory) {
  for (const char* name : {"rgb.jpg", "rgb.png", "rgb.webp", "moving.gif", "rgb.bmp"}) {
    EXPECT_EQ(error_of(file(name), {.most_pixels = 127}),
              "the picture has 16 x 8 pixels, more than the 127 that are read");
  }
  Bytes huge = file("rgb.bmp");
  for (const std::size_t at : {std::size_t{18}, std::size_t{22}})
    std::fill_n(huge.begin() + static_cast<int>(at), 3, 255);
  EXPECT_NE(error_of(huge).find("16777215 x 16777215"), std::string::npos) << error_of(huge);
}

TEST(DecodeTest, PngRoundTrip) {
  Picture picture(3, 2);
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = static_cast<std::uint8_t>(13 * i);
  const Picture again = decode_picture(encode_png(picture));
  EXPECT_EQ(again.width, 3);
  EXPECT_EQ(again.rgb, picture.rgb);
}

}  // namespace
}  // namespace akin
