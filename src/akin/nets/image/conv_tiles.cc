#include "akin/nets/image/conv_tiles.h"

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/linalg/matrix.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#define AKIN_TILES 1
#endif

namespace akin::nets {
namespace {

constexpr std::size_t kSide = 16;  // rows and columns of a tile of sums
constexpr std::size_t kStep = 32;  // channels of a step
constexpr std::size_t kTile = kSide * kStep, kPair = 2 * kTile;

constexpr std::size_t whole_steps(std::size_t n) { return (n + kStep - 1) / kStep * kStep; }

}  // namespace

ConvTiles make_conv_tiles(const Panels& panels, std::size_t kernel, std::size_t stride,
                          std::size_t channels) {
  const std::size_t padded = whole_steps(channels);
  Matrix weights(panels.columns(), kernel * kernel * padded);
  for (std::size_t c = 0; c < panels.columns(); ++c) {
    for (std::size_t k = 0; k < panels.inner(); ++k)
      weights.row(c)[k / channels * padded + k % channels] = panels.at(k, c);
  }
  return {bert::make_tiles(weights), kernel, channels, stride};
}

#ifdef AKIN_TILES
namespace {

#define AKIN_TILE_CODE __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl")))

struct alignas(64) TileShape {
  std::uint8_t palette = 1, start = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// The input of a strip in bfloat16.
struct Rounded {
  const std::uint16_t* data = nullptr;
  std::size_t row = 0, place = 0;  ///< from a row or place of outputs to the next
  std::size_t window_row = 0, channels = 0;
};

/// To the nearest, to even on a tie.
AKIN_TILE_CODE void round_to(const float* from, std::size_t n, std::uint16_t* to) {
  constexpr __mmask16 kAll = 0xFFFF;  // GCC 12 warns of the forms without a mask (GCC bug 105593)
  const __m512i one = _mm512_set1_epi32(1), half = _mm512_set1_epi32(0x7FFF);
  for (std::size_t i = 0; i < n; i += kSide) {
    const auto mask = static_cast<__mmask16>(n - i < kSide ? (1U << (n - i)) - 1 : kAll);
    const __m512i bits = _mm512_maskz_loadu_epi32(mask, from + i);
    const __m512i odd = _mm512_and_si512(_mm512_maskz_srli_epi32(kAll, bits, 16), one);
    const __m512i rounded =
        _mm512_maskz_srli_epi32(kAll, _mm512_add_epi32(bits, _mm512_add_epi32(half, odd)), 16);
    _mm512_mask_cvtepi32_storeu_epi16(to + i, mask, rounded);
  }
}

Rounded round_input(const Strip& strip, const TileInput& input, const ConvTiles& tiles,
                    std::vector<std::uint16_t>& scratch) {
  const std::size_t channels = whole_steps(tiles.channels);
  const std::size_t rows = (strip.rows - 1) * tiles.stride + tiles.kernel;
  const std::size_t places = (strip.width - 1) * tiles.stride + tiles.kernel;
  if (scratch.size() < rows * places * channels) scratch.resize(rows * places * channels);
  for (std::size_t y = 0; y < rows; ++y) {
    const float* from = strip.in + y * input.pitch;
    std::uint16_t* to = scratch.data() + y * places * channels;
    if (input.in_channels == channels) {
      round_to(from, places * channels, to);
      continue;
    }
    for (std::size_t x = 0; x < places; ++x, from += input.in_channels, to += channels) {
      round_to(from, tiles.channels, to);
      std::fill(to + tiles.channels, to + channels, std::uint16_t{0});
    }
  }
  return {scratch.data(), tiles.stride * places * channels, tiles.stride * channels, places * channels,
          channels};
}

/// Two tiles of places by a panel: `sums` holds 2 x 16 rows of 32 numbers.
AKIN_TILE_CODE void tile_pair(const Rounded& in, const std::array<const std::uint16_t*, 2>& at,
                              std::size_t kernel, const std::uint16_t* weights, float* sums) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  const int stride = static_cast<int>(in.place * sizeof(std::uint16_t));
  for (std::size_t y = 0; y < kernel; ++y) {
    const std::size_t row = y * in.window_row;
    for (std::size_t k = row; k < row + kernel * in.channels; k += kStep, weights += kPair) {
      _tile_loadd(4, at[0] + k, stride);
      _tile_loadd(5, at[1] + k, stride);
      _tile_loadd(6, weights, 64);
      _tile_loadd(7, weights + kTile, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  constexpr int kRowBytes = kStep * sizeof(float);
  _tile_stored(0, sums, kRowBytes);
  _tile_stored(1, sums + kSide, kRowBytes);
  _tile_stored(2, sums + kSide * kStep, kRowBytes);
  _tile_stored(3, sums + kSide * kStep + kSide, kRowBytes);
}

AKIN_TILE_CODE void write_tile(const float* sums, std::size_t places, std::size_t columns, const float* bias,
                               const Strip& strip, float* out, const float* add) {
  const __m512 low = _mm512_set1_ps(strip.low), high = _mm512_set1_ps(strip.high);
  constexpr __mmask16 kAll = 0xFFFF;  // GCC 12 warns of the forms without a mask (GCC bug 105593)
  for (std::size_t c = 0; c < columns; c += kSide) {
    const __m512 shift = _mm512_loadu_ps(bias + c);
    for (std::size_t p = 0; p < places; ++p) {
      __m512 value = _mm512_add_ps(_mm512_loadu_ps(sums + p * kStep + c), shift);
      if (add != nullptr) value = _mm512_add_ps(value, _mm512_loadu_ps(add + p * strip.add_place + c));
      value = _mm512_maskz_min_ps(kAll, _mm512_maskz_max_ps(kAll, value, low), high);
      _mm512_storeu_ps(out + p * strip.out_place + c, value);
    }
  }
}

/// Places of a tile: as many as fit a row without rest, where that is most of a tile.
std::size_t places_of(std::size_t width) {
  for (std::size_t places = std::min(width, kSide); places > 10; --places) {
    if (width % places == 0) return places;
  }
  return std::min(width, kSide);
}

AKIN_TILE_CODE void all_tiles(const Strip& strip, const Rounded& in, const ConvTiles& tiles,
                              const float* bias) {
  const std::size_t places = places_of(strip.width), in_row = (strip.width + places - 1) / places;
  const std::size_t count = strip.rows * in_row, columns = tiles.weights.panels * kStep;
  const std::size_t whole = strip.out_place;  // columns that the output has
  TileShape shape;
  for (const int tile : {0, 1, 2, 3, 4, 5}) shape.rows[tile] = static_cast<std::uint8_t>(places);
  _tile_loadconfig(&shape);
  alignas(64) float sums[2 * kSide * kStep];
  for (std::size_t c = 0; c < columns; c += kStep) {
    const std::uint16_t* const weights = tiles.weights.data.data() + c / kStep * tiles.weights.steps * kPair;
    for (std::size_t t = 0; t < count; t += 2) {
      std::array<std::size_t, 2> rows{}, first{};
      std::array<const std::uint16_t*, 2> at{};
      for (std::size_t i = 0; i < 2; ++i) {
        const std::size_t tile = std::min(t + i, count - 1);
        rows[i] = tile / in_row;
        // The last tile of a row ends with it, and computes again what the one before has.
        first[i] = std::min(tile % in_row * places, strip.width - places);
        at[i] = in.data + rows[i] * in.row + first[i] * in.place;
      }
      tile_pair(in, at, tiles.kernel, weights, sums);
      for (std::size_t i = 0; i < 2; ++i) {
        const float* const add = strip.add == nullptr
                                     ? nullptr
                                     : strip.add + rows[i] * strip.add_row + first[i] * strip.add_place + c;
        write_tile(sums + i * kSide * kStep, places, std::min(kStep, whole - c), bias + c, strip,
                   strip.out + rows[i] * strip.out_row + first[i] * strip.out_place + c, add);
      }
    }
  }
  _tile_release();
}

}  // namespace

void convolve_tiles(const Strip& strip, const TileInput& input, const ConvTiles& tiles, const float* bias,
                    std::vector<std::uint16_t>& scratch) {
  AKIN_ASSERT(bert::has_tiles());
  all_tiles(strip, round_input(strip, input, tiles, scratch), tiles, bias);
}
#else
void convolve_tiles(const Strip&, const TileInput&, const ConvTiles&, const float*,
                    std::vector<std::uint16_t>&) {
  AKIN_ASSERT(bert::has_tiles());
}
#endif

}  // namespace akin::nets
