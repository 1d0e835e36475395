#include "akin/nets/image/conv_winograd.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/image/conv_winograd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
//
#include <algorithm>
#include <array>
#include <limits>

#include "akin/base/error.h"

#ifndef AKIN_NETS_IMAGE_WINOGRAD_TILES
#define AKIN_NETS_IMAGE_WINOGRAD_TILES
namespace akin::nets {
/// Neighbouring squares of 2 x 2 outputs, row by row from the top, and their transformed numbers: number f of a square, one for
/// each channel, begins at data + f * step + square * channels.
struct Squares {
  std::size_t first = 0, count = 0, in_row = 0;
  float* data = nullptr;
  std::size_t step = 0, channels = 0;
};
}  // namespace akin::nets
#endif

HWY_BEFORE_NAMESPACE();
namespace akin::nets::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
}  // namespace

/// B' d B of the 4 x 4 places that a square looks at.
void TransformInput(const Strip& strip, const Squares& squares) {
  const D d;
  for (std::size_t s = 0; s < squares.count; ++s) {
    const std::size_t square = squares.first + s;
    const float* const in = strip.in + 2 * (square / squares.in_row) * strip.in_row +
                            2 * (square % squares.in_row) * strip.in_place;
    for (std::size_t c = 0; c < squares.channels; c += hn::Lanes(d)) {
      V rows[4][4];
#pragma GCC unroll 4
      for (std::size_t x = 0; x < 4; ++x) {
        const float* const from = in + x * strip.in_place + c;
        const V d0 = hn::LoadU(d, from), d1 = hn::LoadU(d, from + strip.in_row);
        const V d2 = hn::LoadU(d, from + 2 * strip.in_row), d3 = hn::LoadU(d, from + 3 * strip.in_row);
        rows[0][x] = hn::Sub(d0, d2);
        rows[1][x] = hn::Add(d1, d2);
        rows[2][x] = hn::Sub(d2, d1);
        rows[3][x] = hn::Sub(d1, d3);
      }
      float* to = squares.data + s * squares.channels + c;
#pragma GCC unroll 4
      for (std::size_t y = 0; y < 4; ++y, to += 4 * squares.step) {
        hn::StoreU(hn::Sub(rows[y][0], rows[y][2]), d, to);
        hn::StoreU(hn::Add(rows[y][1], rows[y][2]), d, to + squares.step);
        hn::StoreU(hn::Sub(rows[y][2], rows[y][1]), d, to + 2 * squares.step);
        hn::StoreU(hn::Sub(rows[y][1], rows[y][3]), d, to + 3 * squares.step);
      }
    }
  }
}

/// A' m A, the four outputs of a square.
void TransformOutput(const Strip& strip, const Squares& squares, const float* bias) {
  const D d;
  const V low = hn::Set(d, strip.low), high = hn::Set(d, strip.high);
  for (std::size_t s = 0; s < squares.count; ++s) {
    const std::size_t square = squares.first + s;
    const std::size_t y = 2 * (square / squares.in_row), x = 2 * (square % squares.in_row);
    float* const out = strip.out + y * strip.out_row + x * strip.out_place;
    const float* const add =
        strip.add == nullptr ? nullptr : strip.add + y * strip.add_row + x * strip.add_place;
    for (std::size_t c = 0; c < squares.channels; c += hn::Lanes(d)) {
      V rows[2][4];
      const float* from = squares.data + s * squares.channels + c;
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i, from += squares.step) {
        const V m0 = hn::LoadU(d, from), m1 = hn::LoadU(d, from + 4 * squares.step);
        const V m2 = hn::LoadU(d, from + 8 * squares.step), m3 = hn::LoadU(d, from + 12 * squares.step);
        rows[0][i] = hn::Add(hn::Add(m0, m1), m2);
        rows[1][i] = hn::Sub(hn::Sub(m1, m2), m3);
      }
      const V shift = hn::LoadU(d, bias + c);
#pragma GCC unroll 2
      for (std::size_t r = 0; r < 2; ++r) {
        V results[2] = {hn::Add(hn::Add(rows[r][0], rows[r][1]), hn::Add(rows[r][2], shift)),
                        hn::Add(hn::Sub(hn::Sub(rows[r][1], rows[r][2]), rows[r][3]), shift)};
#pragma GCC unroll 2
        for (std::size_t i = 0; i < 2; ++i) {
          if (add != nullptr)
            results[i] = hn::Add(results[i], hn::LoadU(d, add + r * strip.add_row + i * strip.add_place + c));
          hn::StoreU(hn::Min(hn::Max(results[i], low), high), d,
                     out + r * strip.out_row + i * strip.out_place + c);
        }
      }
    }
  }
}

}  // namespace akin::nets::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nets {

HWY_EXPORT(TransformInput);
HWY_EXPORT(TransformOutput);

namespace {

constexpr std::size_t kNumbers = 16;   // of a transformed window
constexpr std::size_t kSquares = 196;  // at once: weights are read once for so many

/// G g of three numbers of a window.
std::array<double, 4> transformed(double a, double b, double c) {
  return {a, (a + b + c) / 2, (a - b + c) / 2, c};
}

}  // namespace

Winograd::Winograd(const Panels& weights, std::size_t channels)
    : channels_(channels), columns_(whole_vectors(weights.columns())), no_bias_(columns_) {
  AKIN_ASSERT(weights.inner() == 9 * channels && channels % kVector == 0);
  products_.assign(kNumbers, Panels(channels, weights.columns()));
  for (std::size_t k = 0; k < channels; ++k) {
    for (std::size_t c = 0; c < weights.columns(); ++c) {
      std::array<std::array<double, 4>, 3> columns{};
      for (std::size_t x = 0; x < 3; ++x) {
        const auto at = [&](std::size_t y) {
          return static_cast<double>(weights.at((3 * y + x) * channels + k, c));
        };
        columns[x] = transformed(at(0), at(1), at(2));
      }
      for (std::size_t y = 0; y < 4; ++y) {
        const std::array<double, 4> row = transformed(columns[0][y], columns[1][y], columns[2][y]);
        for (std::size_t x = 0; x < 4; ++x) products_[4 * y + x].at(k, c) = static_cast<float>(row[x]);
      }
    }
  }
}

std::size_t Winograd::scratch_size(std::size_t channels, std::size_t columns) {
  return kNumbers * (kSquares * (channels + whole_vectors(columns)) + 2 * kVector);
}

void Winograd::operator()(const Strip& strip, const float* bias, std::vector<float>& scratch) const {
  AKIN_ASSERT(strip.rows % 2 == 0 && strip.width % 2 == 0);
  const std::size_t in_row = strip.width / 2, all = strip.rows / 2 * in_row;
  const std::size_t at_once = std::min(kSquares, all);
  // Steps of a power of two would all fall on the same lines of the cache.
  const std::size_t in_step = at_once * channels_ + kVector, out_step = at_once * columns_ + kVector;
  if (scratch.size() < kNumbers * (in_step + out_step)) scratch.resize(kNumbers * (in_step + out_step));
  const Runs runs{{0}, channels_};
  Strip product;
  product.in_place = channels_;
  product.out_place = columns_;
  product.rows = 1;
  product.low = -std::numeric_limits<float>::max();
  product.high = std::numeric_limits<float>::max();
  for (std::size_t first = 0; first < all; first += at_once) {
    const std::size_t count = std::min(at_once, all - first);
    const Squares seen{first, count, in_row, scratch.data(), in_step, channels_};
    const Squares made{first, count, in_row, scratch.data() + kNumbers * in_step, out_step, columns_};
    HWY_DYNAMIC_DISPATCH(TransformInput)(strip, seen);
    product.width = count;
    for (std::size_t f = 0; f < kNumbers; ++f) {
      product.in = seen.data + f * in_step;
      product.out = made.data + f * out_step;
      convolve(product, runs, products_[f], no_bias_.data());
    }
    HWY_DYNAMIC_DISPATCH(TransformOutput)(strip, made, bias);
  }
}

}  // namespace akin::nets
#endif
