// Products of bfloat16 in the tile registers of AMX: 16 rows by 16 columns of float32 from 32 products each.
#include <algorithm>
#include <cstring>

#include "akin/base/error.h"
#include "akin/text/bert/kernels.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>
#define AKIN_TILES 1
#endif

namespace akin::bert {
namespace {

constexpr std::size_t kSide = 16;             // rows and columns of a tile of sums
constexpr std::size_t kStep = 32;             // products of a step
constexpr std::size_t kTile = kSide * kStep;  // numbers in a tile of factors
constexpr std::size_t kPair = 2 * kTile;      // the tiles of a panel in a step

}  // namespace

TileWeights make_tiles(const Matrix& weights) {
  TileWeights tiles;
  tiles.inner = weights.cols();
  tiles.steps = (weights.cols() + kStep - 1) / kStep;
  tiles.panels = (weights.rows() + kPanel - 1) / kPanel;
  tiles.data.assign(tiles.steps * tiles.panels * kPair, 0);
  for (std::size_t c = 0; c < weights.rows(); ++c) {
    for (std::size_t k = 0; k < weights.cols(); ++k) {
      // A row of a tile holds the products 2 r and 2 r + 1 of its 16 columns.
      const std::size_t tile = (c / kPanel * tiles.steps + k / kStep) * kPair + c % kPanel / kSide * kTile;
      tiles.data[tile + k % kStep / 2 * kStep + c % kSide * 2 + k % 2] = to_bfloat16(weights.row(c)[k]);
    }
  }
  return tiles;
}

#ifdef AKIN_TILES
namespace {

#define AKIN_TILE_CODE __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl")))

bool find_tiles() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kBfloat16 = 1U << 22, kTiles = 1U << 24;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kBfloat16) == 0 || (d & kTiles) == 0) return false;
  if (__builtin_cpu_supports("avx512bw") == 0 || __builtin_cpu_supports("avx512vl") == 0) return false;
  constexpr long kRequestPermission = 0x1023,
                 kTileData = 18;  // the system keeps the registers only when asked
  return ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

struct alignas(64) TileShape {
  std::uint8_t palette = 1, start = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// Rows of bfloat16, padded with zeros to whole tiles; returns the stride.
AKIN_TILE_CODE std::size_t round_rows(Rows<const float> a, std::size_t rows, std::size_t inner,
                                      std::vector<std::uint16_t>& scratch) {
  const std::size_t stride = (inner + kStep - 1) / kStep * kStep, padded = (rows + kStep - 1) / kStep * kStep;
  if (scratch.size() < padded * stride) scratch.resize(padded * stride);
  constexpr __mmask16 kAll = 0xFFFF;  // GCC 12 warns of the forms without a mask (GCC bug 105593)
  const __m512i one = _mm512_set1_epi32(1), half = _mm512_set1_epi32(0x7FFF);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = 0; k < stride; k += kSide) {
      const std::size_t left = k < inner ? std::min(kSide, inner - k) : 0;
      const auto mask = static_cast<__mmask16>((1U << left) - 1);
      const __m512i bits = _mm512_maskz_loadu_epi32(mask, a.data + r * a.stride + k);
      const __m512i odd = _mm512_and_si512(_mm512_maskz_srli_epi32(kAll, bits, 16), one);
      const __m512i rounded =
          _mm512_maskz_srli_epi32(kAll, _mm512_add_epi32(bits, _mm512_add_epi32(half, odd)), 16);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(scratch.data() + r * stride + k),
                          _mm512_maskz_cvtepi32_epi16(kAll, rounded));
    }
  }
  std::fill(scratch.begin() + static_cast<std::ptrdiff_t>(rows * stride),
            scratch.begin() + static_cast<std::ptrdiff_t>(padded * stride), std::uint16_t{0});
  return stride;
}

/// 32 rows by a panel: `sums` holds 32 x 32 numbers.
AKIN_TILE_CODE void tile_block(const std::uint16_t* a, std::size_t stride, const std::uint16_t* b,
                               std::size_t steps, float* sums) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::size_t s = 0; s < steps; ++s, a += kStep, b += kPair) {
    _tile_loadd(4, a, static_cast<int>(stride * 2));
    _tile_loadd(5, a + kSide * stride, static_cast<int>(stride * 2));
    _tile_loadd(6, b, 64);
    _tile_loadd(7, b + kTile, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  constexpr int kRowBytes = kPanel * sizeof(float);
  _tile_stored(0, sums, kRowBytes);
  _tile_stored(1, sums + kSide, kRowBytes);
  _tile_stored(2, sums + kSide * kPanel, kRowBytes);
  _tile_stored(3, sums + kSide * kPanel + kSide, kRowBytes);
}

AKIN_TILE_CODE void write_block(const float* sums, std::size_t rows, const float* bias, Write write,
                                Rows<float> out) {
  for (std::size_t c = 0; c < kPanel; c += kSide) {
    const __m512 shift = bias == nullptr ? _mm512_setzero_ps() : _mm512_loadu_ps(bias + c);
    for (std::size_t r = 0; r < rows; ++r) {
      float* const to = out.data + r * out.stride + c;
      __m512 value = _mm512_add_ps(_mm512_loadu_ps(sums + r * kPanel + c), shift);
      if (write == Write::kAdd) value = _mm512_add_ps(value, _mm512_loadu_ps(to));
      _mm512_storeu_ps(to, value);
    }
  }
}

AKIN_TILE_CODE void all_blocks(const std::uint16_t* a, std::size_t stride, std::size_t rows,
                               const TileWeights& b, const float* bias, Write write, Rows<float> out) {
  const TileShape shape;
  _tile_loadconfig(&shape);
  alignas(64) float sums[kPanel * kPanel];
  for (std::size_t p = 0; p < b.panels; ++p) {
    for (std::size_t r = 0; r < rows; r += kPanel) {
      tile_block(a + r * stride, stride, b.data.data() + p * b.steps * kPair, b.steps, sums);
      write_block(sums, std::min(kPanel, rows - r), bias == nullptr ? nullptr : bias + p * kPanel, write,
                  {out.data + r * out.stride + p * kPanel, out.stride});
    }
  }
  _tile_release();
}

}  // namespace

bool has_tiles() {
  static const bool kFound = find_tiles();
  return kFound;
}

void multiply_tiles(Rows<const float> a, std::size_t rows, const TileWeights& b, const float* bias,
                    Write write, Rows<float> out, std::vector<std::uint16_t>& scratch) {
  AKIN_ASSERT(has_tiles());
  const std::size_t stride = round_rows(a, rows, b.inner, scratch);
  all_blocks(scratch.data(), stride, rows, b, bias, write, out);
}
#else
bool has_tiles() { return false; }
void multiply_tiles(Rows<const float>, std::size_t, const TileWeights&, const float*, Write, Rows<float>,
                    std::vector<std::uint16_t>&) {
  AKIN_ASSERT(has_tiles());
}
#endif

}  // namespace akin::bert
