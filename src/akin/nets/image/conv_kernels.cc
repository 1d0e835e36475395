#include "akin/nets/image/conv_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/image/conv_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
//
#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace akin::nets::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// Places by two vectors fill the registers: 32 of AVX-512, 16 elsewhere. 14 divides the sides of most maps.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kBlock = 14;
#else
constexpr std::size_t kBlock = 6;
#endif

/// kPlaces places by kVectors vectors of a panel.
template <std::size_t kPlaces, std::size_t kVectors>
HWY_INLINE void Tile(const Strip& strip, const Runs& runs, const float* HWY_RESTRICT weights,
                     std::size_t width, const float* bias) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kPlaces][kVectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V start = hn::LoadU(d, bias + v * lanes);
#pragma GCC unroll 16
    for (std::size_t p = 0; p < kPlaces; ++p) sums[p][v] = start;
  }
  // Three pointers, from each of which five places are in reach of an address: 1, 2, 4 steps or 3.
  const std::size_t step = strip.in_place, three = 3 * step;
  for (const std::size_t offset : runs.offsets) {
    const float *first = strip.in + offset, *second = first + 5 * step, *third = second + 5 * step;
    for (std::size_t k = 0; k < runs.length; ++k, ++first, ++second, ++third, weights += width) {
      V w[kVectors];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, weights + v * lanes);
#pragma GCC unroll 16
      for (std::size_t p = 0; p < kPlaces; ++p) {
        const float* const base = p < 5 ? first : p < 10 ? second : third;
        const V x = hn::Set(d, base[p % 5 == 3 ? three : p % 5 * step]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < kVectors; ++v) sums[p][v] = hn::MulAdd(x, w[v], sums[p][v]);
      }
    }
  }
  const V low = hn::Set(d, strip.low), high = hn::Set(d, strip.high);
#pragma GCC unroll 16
  for (std::size_t p = 0; p < kPlaces; ++p) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < kVectors; ++v) {
      V sum = sums[p][v];
      if (strip.add != nullptr) sum = hn::Add(sum, hn::LoadU(d, strip.add + p * strip.add_place + v * lanes));
      hn::StoreU(hn::Min(hn::Max(sum, low), high), d, strip.out + p * strip.out_place + v * lanes);
    }
  }
}

/// All columns of a panel.
template <std::size_t kPlaces>
HWY_INLINE void PanelTiles(Strip at, const Runs& runs, const float* weights, std::size_t width,
                           const float* bias) {
  const std::size_t lanes = hn::Lanes(D());
  const std::size_t at_once = width >= 2 * lanes ? 2 * lanes : lanes;
  for (std::size_t c = 0; c < width; c += at_once) {
    if (at_once == lanes)
      Tile<kPlaces, 1>(at, runs, weights + c, width, bias + c);
    else
      Tile<kPlaces, 2>(at, runs, weights + c, width, bias + c);
    at.out += at_once;
    if (at.add != nullptr) at.add += at_once;
  }
}

/// A row of places by a panel.
HWY_INLINE void Row(Strip at, const Runs& runs, const float* weights, std::size_t width, const float* bias) {
  const auto advance = [&](std::size_t n) {
    at.in += n * at.in_place;
    at.out += n * at.out_place;
    if (at.add != nullptr) at.add += n * at.add_place;
    at.width -= n;
  };
  for (; at.width >= kBlock; advance(kBlock)) PanelTiles<kBlock>(at, runs, weights, width, bias);
  if (kBlock > 7 && at.width >= 7) {
    PanelTiles<7>(at, runs, weights, width, bias);
    advance(7);
  }
  if (at.width >= 4) {
    PanelTiles<4>(at, runs, weights, width, bias);
    advance(4);
  }
  if (at.width >= 2) {
    PanelTiles<2>(at, runs, weights, width, bias);
    advance(2);
  }
  if (at.width == 1) PanelTiles<1>(at, runs, weights, width, bias);
}

/// kOutputs neighbouring places by one vector of channels.
template <std::size_t kKernel, std::size_t kStride, std::size_t kOutputs>
HWY_INLINE void DepthwiseTile(const float* in, const Depthwise& how, const Strip& strip, float* out,
                              std::size_t c) {
  const D d;
  V sums[kOutputs];
  const V start = hn::LoadU(d, how.bias + c);
#pragma GCC unroll 8
  for (std::size_t o = 0; o < kOutputs; ++o) sums[o] = start;
#pragma GCC unroll 8
  for (std::size_t y = 0; y < kKernel; ++y) {
    const float* const row = in + y * how.pitch + c;
    const float* const weights = how.weights + y * kKernel * how.channels + c;
    V w[kKernel];
#pragma GCC unroll 8
    for (std::size_t x = 0; x < kKernel; ++x) w[x] = hn::LoadU(d, weights + x * how.channels);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < (kOutputs - 1) * kStride + kKernel; ++i) {
      const V value = hn::LoadU(d, row + i * how.channels);
#pragma GCC unroll 8
      for (std::size_t o = 0; o < kOutputs; ++o) {
        if (i >= o * kStride && i < o * kStride + kKernel)
          sums[o] = hn::MulAdd(value, w[i - o * kStride], sums[o]);
      }
    }
  }
  const V low = hn::Set(d, strip.low), high = hn::Set(d, strip.high);
#pragma GCC unroll 8
  for (std::size_t o = 0; o < kOutputs; ++o)
    hn::StoreU(hn::Min(hn::Max(sums[o], low), high), d, out + o * strip.out_place + c);
}

template <std::size_t kKernel, std::size_t kStride>
void DepthwiseRows(const Strip& strip, const Depthwise& how) {
  constexpr std::size_t kOutputs = 4;
  const std::size_t lanes = hn::Lanes(D());
  for (std::size_t y = 0; y < strip.rows; ++y) {
    const float* in = strip.in + y * strip.in_row;
    float* out = strip.out + y * strip.out_row;
    std::size_t x = 0;
    for (; x + kOutputs <= strip.width; x += kOutputs) {
      for (std::size_t c = 0; c < how.channels; c += lanes)
        DepthwiseTile<kKernel, kStride, kOutputs>(in, how, strip, out, c);
      in += kOutputs * strip.in_place;
      out += kOutputs * strip.out_place;
    }
    for (; x < strip.width; ++x, in += strip.in_place, out += strip.out_place) {
      for (std::size_t c = 0; c < how.channels; c += lanes)
        DepthwiseTile<kKernel, kStride, 1>(in, how, strip, out, c);
    }
  }
}

void DepthwiseOfAnyKind(const Strip& strip, const Depthwise& how) {
  const D d;
  const V low = hn::Set(d, strip.low), high = hn::Set(d, strip.high);
  for (std::size_t y = 0; y < strip.rows; ++y) {
    for (std::size_t x = 0; x < strip.width; ++x) {
      const float* const in = strip.in + y * strip.in_row + x * strip.in_place;
      for (std::size_t c = 0; c < how.channels; c += hn::Lanes(d)) {
        V sum = hn::LoadU(d, how.bias + c);
        for (std::size_t k = 0; k < how.kernel * how.kernel; ++k) {
          const float* const value = in + k / how.kernel * how.pitch + k % how.kernel * how.channels + c;
          sum = hn::MulAdd(hn::LoadU(d, value), hn::LoadU(d, how.weights + k * how.channels + c), sum);
        }
        hn::StoreU(hn::Min(hn::Max(sum, low), high), d,
                   strip.out + y * strip.out_row + x * strip.out_place + c);
      }
    }
  }
}
}  // namespace

void Convolve(const Strip& strip, const Runs& runs, const Panels& weights, const float* bias) {
  for (std::size_t c = 0; c < weights.columns(); c += Panels::kWidth) {
    Strip row = strip;
    row.out += c;
    if (row.add != nullptr) row.add += c;
    for (std::size_t y = 0; y < strip.rows; ++y) {
      Row(row, runs, weights.panel(c), weights.width(c), bias + c);
      row.in += strip.in_row;
      row.out += strip.out_row;
      if (row.add != nullptr) row.add += strip.add_row;
    }
  }
}

void ConvolveDepthwise(const Strip& strip, const Depthwise& how) {
  if (how.kernel == 3 && how.stride == 1) return DepthwiseRows<3, 1>(strip, how);
  if (how.kernel == 3 && how.stride == 2) return DepthwiseRows<3, 2>(strip, how);
  if (how.kernel == 5 && how.stride == 1) return DepthwiseRows<5, 1>(strip, how);
  if (how.kernel == 5 && how.stride == 2) return DepthwiseRows<5, 2>(strip, how);
  DepthwiseOfAnyKind(strip, how);
}

void PoolWindow(const Window& window, bool largest, float* out) {
  const D d;
  const V share = hn::Set(d, 1 / static_cast<float>(window.rows * window.columns));
  for (std::size_t c = 0; c < window.channels; c += hn::Lanes(d)) {
    V result = hn::LoadU(d, window.in + c);
    for (std::size_t y = 0; y < window.rows; ++y) {
      const float* from = window.in + y * window.row + c;
      for (std::size_t x = 0; x < window.columns; ++x, from += window.place) {
        if (x + y == 0) continue;
        const V value = hn::LoadU(d, from);
        result = largest ? hn::Max(result, value) : hn::Add(result, value);
      }
    }
    hn::StoreU(largest ? result : hn::Mul(result, share), d, out + c);
  }
}

}  // namespace akin::nets::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nets {

HWY_EXPORT(Convolve);
HWY_EXPORT(ConvolveDepthwise);
HWY_EXPORT(PoolWindow);

void convolve(const Strip& strip, const Runs& runs, const Panels& weights, const float* bias) {
  HWY_DYNAMIC_DISPATCH(Convolve)(strip, runs, weights, bias);
}
void convolve_depthwise(const Strip& strip, const Depthwise& how) {
  HWY_DYNAMIC_DISPATCH(ConvolveDepthwise)(strip, how);
}
void pool_window(const Window& window, bool largest, float* out) {
  HWY_DYNAMIC_DISPATCH(PoolWindow)(window, largest, out);
}

}  // namespace akin::nets
#endif
