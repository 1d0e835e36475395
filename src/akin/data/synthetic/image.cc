#include "akin/data/synthetic/image.h"

#include <jpeglib.h>

#include <cmath>
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <numbers>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin::synthetic {
namespace {

constexpr int kShapes = 12;
constexpr std::array<std::array<std::uint8_t, 3>, 6> kAccentColours = {
    {{250, 250, 250}, {20, 20, 20}, {230, 60, 60}, {60, 110, 230}, {250, 210, 60}, {70, 170, 90}}};

/// Distance from the centre to the edge of a regular polygon with circumradius 1 in direction `angle`.
float polygon_edge(float angle, int corners) {
  const float step = 2 * std::numbers::pi_v<float> / static_cast<float>(corners);
  const float within = angle - step * std::floor(angle / step) - step / 2;
  return std::cos(step / 2) / std::cos(within);
}

bool inside_star(float x, float y) {
  const float angle = std::atan2(y, x) - std::numbers::pi_v<float> / 2;
  const float wave = 0.5f + 0.5f * std::cos(5 * angle);
  return std::hypot(x, y) < 0.45f + 0.55f * wave * wave;
}

/// Is (x, y), both about -1 to 1 with y upwards, inside shape number `shape`?
bool inside_shape(int shape, float x, float y) {
  const float r = std::hypot(x, y);
  const float ax = std::abs(x), ay = std::abs(y);
  switch (shape) {
    case 0:
      return r < 0.95f;  // disc
    case 1:
      return ax < 0.8f && ay < 0.8f;  // square
    case 2:
      return ax < 0.45f && ay < 0.98f;  // pillar
    case 3:
      return ax < 0.98f && ay < 0.45f;  // bar
    case 4:
      return y > -0.8f && ay < 1 && ax < 0.55f * (1 - y);  // triangle
    case 5:
      return ax + ay < 1;  // diamond
    case 6:
      return r < polygon_edge(std::atan2(y, x), 6);  // hexagon
    case 7:
      return inside_star(x, y);  // star
    case 8:
      return (ax < 0.32f && ay < 0.95f) || (ay < 0.32f && ax < 0.95f);  // cross
    case 9:
      return ay < 0.85f && ax < 0.45f + 0.25f * (y + 1);  // cup
    case 10:
      return r < 0.98f && y > -0.25f;  // dome
    default:
      return (ay < 0.9f && ax < 0.3f) || (std::hypot(x, y - 0.5f) < 0.5f);  // bottle, lamp
  }
}

/// Every kShapes categories the same shapes come with another mark: none, a hole, a foot, a slit.
bool inside(idx_t category, float x, float y) {
  const int shape = static_cast<int>(category) % kShapes;
  switch (static_cast<int>(category) / kShapes) {
    case 0:
      return inside_shape(shape, x, y);
    case 1:
      return inside_shape(shape, x, y) && std::hypot(x, y) > 0.28f;
    case 2:
      return inside_shape(shape, x, y) || (y < -0.6f && y > -1 && std::abs(x) < 1);
    default:
      return inside_shape(shape, x, y) && !(std::abs(x - y) < 0.14f);
  }
}

bool on_pattern(std::uint32_t pattern, float x, float y) {
  const auto odd = [](float at) { return (static_cast<int>(std::floor(at)) & 1) != 0; };
  const float u = x * 4, v = y * 4;
  switch (pattern) {
    case 0:
      return false;  // plain
    case 1:
      return odd(v);  // stripes across
    case 2:
      return odd(u);  // stripes down
    case 3:
      return odd(u + v);  // diagonal
    case 4:
      return odd(u) != odd(v);  // checks
    case 5:
      return std::hypot(u / 2 - std::round(u / 2), v / 2 - std::round(v / 2)) < 0.28f;  // dots
    case 6:
      return odd(3 * std::hypot(x, y));  // rings
    default:
      return u - std::floor(u) < 0.25f || v - std::floor(v) < 0.25f;  // grid
  }
}

struct Pose {
  float x, y, scale, light;
};

void blow_up([[maybe_unused]] j_common_ptr info) {
  std::longjmp(*static_cast<std::jmp_buf*>(info->client_data), 1);
}

/// The C library's part: false if it failed. Nothing here needs a destructor, so longjmp may leave it.
bool compress(std::span<const std::uint8_t> rgb, int size, unsigned char** bytes, unsigned long* count) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  std::jmp_buf on_error;
  info.err = jpeg_std_error(&errors);
  errors.error_exit = blow_up;
  info.client_data = &on_error;
  if (setjmp(on_error) != 0) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, bytes, count);
  info.image_width = info.image_height = static_cast<JDIMENSION>(size);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 85, TRUE);
  info.dct_method = JDCT_ISLOW;  // integer arithmetic: the same bytes on every machine
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    const std::size_t offset = std::size_t{info.next_scanline} * static_cast<std::size_t>(size) * 3;
    JSAMPROW row = const_cast<JSAMPROW>(rgb.data() + offset);  // the library only reads it
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

}  // namespace

std::vector<std::uint8_t> draw_picture(const World& world, idx_t item) {
  const auto size = static_cast<std::size_t>(world.config.image_size);
  const Brand& brand = world.brands[world.truth.brand[item]];
  const idx_t category = world.truth.category[item];
  const auto& fill = world.colours[world.truth.colour[item]].rgb;
  Rng rng = stream_of(world.seed, Purpose::kImage, item);
  const auto around = [&](float middle, float spread) {
    return middle + spread * (2 * rng.uniform_float() - 1);
  };
  const Pose pose = {around(0, 0.08f), around(0, 0.08f), around(0.72f, 0.08f), around(1, 0.08f)};
  const float paper = around(225, 12);
  std::vector<std::uint8_t> rgb(size * size * 3);
  for (std::size_t p = 0; p < size * size; ++p) {
    const float step = 2 / static_cast<float>(size);
    const float x = (step * (static_cast<float>(p % size) + 0.5f) - 1 - pose.x) / pose.scale;
    const float y = (1 - step * (static_cast<float>(p / size) + 0.5f) - pose.y) / pose.scale;
    const bool product = inside(category, x, y);
    const auto& colour = product && on_pattern(brand.pattern, x, y) ? kAccentColours[brand.accent] : fill;
    const float grain = around(0, 5);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      const float light = product ? pose.light * static_cast<float>(colour[channel]) : paper;
      rgb[3 * p + channel] = static_cast<std::uint8_t>(std::min(255.0f, std::max(0.0f, light + grain)));
    }
  }
  return rgb;
}

std::string encode_jpeg(std::span<const std::uint8_t> rgb, int size) {
  unsigned char* bytes = nullptr;
  unsigned long count = 0;
  const bool good = compress(rgb, size, &bytes, &count);
  std::string jpeg;
  if (good) jpeg.assign(reinterpret_cast<const char*>(bytes), count);
  std::free(bytes);
  if (!good) fail(ErrorCode::kInternal, "the JPEG library refused a picture of {} x {} pixels", size, size);
  return jpeg;
}

}  // namespace akin::synthetic
