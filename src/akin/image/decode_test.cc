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

/// "Exif", if `headed`, and a TIFF directory of the orientation alone.
Bytes exif_of(int orientation, bool headed) {
  const std::string text = std::string(headed ? "Exif\0\0" : "", headed ? 6 : 0) +
                           std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) +
                           static_cast<char>(orientation) + std::string(6, '\0');
  return {text.begin(), text.end()};
}

TEST(DecodeTest, PngAndWebPAreTurnedToo) {
  const Bytes exif = exif_of(3, false), headed = exif_of(3, true);
  EXPECT_EQ(decoders::exif_orientation(exif), 3);
  EXPECT_EQ(decoders::exif_orientation(headed), 3);
  const auto expect_turned = [](const Bytes& bytes) {
    const Picture turned = decode_picture(bytes);
    expect_pixel(turned, 13, 6, {250, 0, 0}, 0);
    expect_pixel(turned, 13, 1, {0, 0, 250}, 0);
  };
  const auto big_endian = [](std::size_t value) {
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    return bytes;
  };
  // A chunk behind the first one of the PNG, which takes 33 bytes with the signature; its checksum does not matter.
  Bytes png = file("rgb.png"), chunk = big_endian(exif.size());
  chunk.insert(chunk.end(), {'e', 'X', 'I', 'f'});
  chunk.insert(chunk.end(), exif.begin(), exif.end());
  chunk.insert(chunk.end(), 4, 0);
  png.insert(png.begin() + 33, chunk.begin(), chunk.end());
  expect_turned(png);
  // A WebP of one chunk becomes one of the extended format, with EXIF.
  const Bytes plain = file("rgb.webp");
  Bytes webp = {'R', 'I', 'F', 'F', 0, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8',
                'X', 10,  0,   0,   0, 8, 0, 0, 0,   15,  0,   0,   7,   0,   0};
  webp.insert(webp.end(), plain.begin() + 12, plain.end());
  webp.insert(webp.end(), {'E', 'X', 'I', 'F', static_cast<std::uint8_t>(headed.size()), 0, 0, 0});
  webp.insert(webp.end(), headed.begin(), headed.end());
  ASSERT_LT(webp.size(), 256u + 8);
  webp[4] = static_cast<std::uint8_t>(webp.size() - 8);
  expect_turned(webp);
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
