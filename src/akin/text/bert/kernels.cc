#include "akin/text/bert/kernels.h"

#include "akin/base/error.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/text/bert/kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
//
#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <bit>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace akin::bert::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

// Rows by two vectors fill the registers: 32 of AVX-512, 16 elsewhere.
#if HWY_TARGET <= HWY_AVX3
constexpr std::size_t kBlock = 12;
#else
constexpr std::size_t kBlock = 6;
#endif

/// kRows rows by two vectors of a panel.
template <std::size_t kRows>
HWY_INLINE void Tile(const Rows<const float>& a, std::size_t inner, const float* HWY_RESTRICT b,
                     std::size_t b_stride, const float* bias, Write write, const Rows<float>& out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kRows][2];
  const V bias0 = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias);
  const V bias1 = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + lanes);
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    sums[r][0] = bias0;
    sums[r][1] = bias1;
  }
  const float* const first = a.data;
  for (std::size_t k = 0; k < inner; ++k, b += b_stride) {
    const V b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + lanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const V entry = hn::Set(d, first[r * a.stride + k]);
      sums[r][0] = hn::MulAdd(entry, b0, sums[r][0]);
      sums[r][1] = hn::MulAdd(entry, b1, sums[r][1]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
    float* const to = out.data + r * out.stride;
    if (write == Write::kAdd) {
      sums[r][0] = hn::Add(sums[r][0], hn::LoadU(d, to));
      sums[r][1] = hn::Add(sums[r][1], hn::LoadU(d, to + lanes));
    }
    hn::StoreU(sums[r][0], d, to);
    hn::StoreU(sums[r][1], d, to + lanes);
  }
}

/// All columns of a panel.
template <std::size_t kRows>
HWY_INLINE void PanelTiles(const Rows<const float>& a, const PanelView& b, const float* panel,
                           const float* bias, Write write, const Rows<float>& out) {
  const std::size_t step = 2 * hn::Lanes(D());
  for (std::size_t c = 0; c < kPanel; c += step) {
    Tile<kRows>(a, b.inner, panel + c, b.row_stride, bias == nullptr ? nullptr : bias + c, write,
                {out.data + c, out.stride});
  }
}

void PanelRows(Rows<const float> a, std::size_t rows, const PanelView& b, const float* panel,
               const float* bias, Write write, Rows<float> out) {
  const auto advance = [&](std::size_t n) {
    a.data += n * a.stride;
    out.data += n * out.stride;
    rows -= n;
  };
  for (; rows >= kBlock; advance(kBlock)) PanelTiles<kBlock>(a, b, panel, bias, write, out);
  if (kBlock > 8 && rows >= 8) {
    PanelTiles<8>(a, b, panel, bias, write, out);
    advance(8);
  }
  if (rows >= 4) {
    PanelTiles<4>(a, b, panel, bias, write, out);
    advance(4);
  }
  for (; rows > 0; advance(1)) PanelTiles<1>(a, b, panel, bias, write, out);
}
}  // namespace

void Multiply(Rows<const float> a, std::size_t rows, const PanelView& b, const float* bias, Write write,
              Rows<float> out) {
  constexpr std::size_t kRowsAtOnce = 96;  // of a, so that they stay in cache over all panels
  for (std::size_t r = 0; r < rows; r += kRowsAtOnce) {
    const std::size_t count = std::min(kRowsAtOnce, rows - r);
    for (std::size_t p = 0; p < b.panels; ++p) {
      PanelRows({a.data + r * a.stride, a.stride}, count, b, b.data + p * b.panel_stride,
                bias == nullptr ? nullptr : bias + p * kPanel, write,
                {out.data + r * out.stride + p * kPanel, out.stride});
    }
  }
}

/// erf(x) = x P(x^2) / Q(x^2) up to |x| = 4, where it is 1 but for 1.5e-8: a minimax fit.
HWY_INLINE V Erf(D d, V x) {
  const V z = hn::Min(hn::Mul(x, x), hn::Set(d, 16.0F));
  constexpr float kP[] = {1.128378977F,    1.962448326e-1F, 5.346691369e-2F,
                          4.003458910e-3F, 2.880355722e-4F, 1.974842942e-6F};
  constexpr float kQ[] = {1.0F,           5.072486160e-1F, 1.164746956e-1F, 1.544405567e-2F, 1.216311113e-3F,
                          3.748068421e-5F};
  V p = hn::Set(d, kP[5]), q = hn::Set(d, kQ[5]);
  for (std::size_t i = 5; i-- > 0;) {
    p = hn::MulAdd(p, z, hn::Set(d, kP[i]));
    q = hn::MulAdd(q, z, hn::Set(d, kQ[i]));
  }
  const V bounded = hn::Clamp(x, hn::Set(d, -4.0F), hn::Set(d, 4.0F));
  return hn::Clamp(hn::Div(hn::Mul(bounded, p), q), hn::Set(d, -1.0F), hn::Set(d, 1.0F));
}

void Gelu(float* x, std::size_t n) {
  const D d;
  const V half = hn::Set(d, 0.5F), root = hn::Set(d, 0.70710678F);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V value = hn::LoadU(d, x + i), part = hn::Mul(value, half);
    hn::StoreU(hn::MulAdd(part, Erf(d, hn::Mul(value, root)), part), d, x + i);
  }
}

void SwishOf(const Swish& curve, float* x, std::size_t n) {
  const D d;
  const V linear = hn::Set(d, curve.linear), cubic = hn::Set(d, curve.cubic), one = hn::Set(d, 1.0F);
  const V most = hn::Set(d, 87.0F);  // exp() of more is no float
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V value = hn::LoadU(d, x + i);
    const V near = hn::Clamp(value, hn::Set(d, -128.0F), hn::Set(d, 128.0F));  // beyond it changes nothing
    const V slope = hn::MulAdd(hn::Mul(near, near), cubic, linear);
    const V power = hn::Exp(d, hn::Min(hn::Neg(hn::Mul(near, slope)), most));
    hn::StoreU(hn::Div(value, hn::Add(one, power)), d, x + i);
  }
}

void LayerNorm(const Norm& norm, float* x, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const float share = 1 / static_cast<float>(n);
  V sum = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += lanes) sum = hn::Add(sum, hn::LoadU(d, x + i));
  const V mean = hn::Set(d, share * hn::GetLane(hn::SumOfLanes(d, sum)));
  V squares = hn::Zero(d);
  for (std::size_t i = 0; i < n; i += lanes) {
    const V difference = hn::IfThenElseZero(hn::FirstN(d, n - i), hn::Sub(hn::LoadU(d, x + i), mean));
    squares = hn::MulAdd(difference, difference, squares);
  }
  const float variance = share * hn::GetLane(hn::SumOfLanes(d, squares));
  const V scale = hn::Set(d, 1 / std::sqrt(variance + norm.epsilon));
  for (std::size_t i = 0; i < n; i += lanes) {
    const V value = hn::Mul(hn::Sub(hn::LoadU(d, x + i), mean), scale);
    hn::StoreU(hn::MulAdd(value, hn::LoadU(d, norm.gain + i), hn::LoadU(d, norm.shift + i)), d, x + i);
  }
}

void Softmax(float scale, float* x, std::size_t n, std::size_t padded) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  float most = x[0];
  for (std::size_t i = 1; i < n; ++i) most = std::max(most, x[i]);
  const V largest = hn::Set(d, most), factor = hn::Set(d, scale);
  V sum = hn::Zero(d);
  for (std::size_t i = 0; i < padded; i += lanes) {
    const V value = hn::Exp(d, hn::Mul(hn::Sub(hn::LoadU(d, x + i), largest), factor));
    const V kept = hn::IfThenElseZero(hn::FirstN(d, i < n ? n - i : 0), value);
    sum = hn::Add(sum, kept);
    hn::StoreU(kept, d, x + i);
  }
  const V share = hn::Set(d, 1 / hn::GetLane(hn::SumOfLanes(d, sum)));
  for (std::size_t i = 0; i < padded; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, x + i), share), d, x + i);
}

}  // namespace akin::bert::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::bert {

HWY_EXPORT(Multiply);
HWY_EXPORT(Gelu);
HWY_EXPORT(SwishOf);
HWY_EXPORT(LayerNorm);
HWY_EXPORT(Softmax);

void multiply(Rows<const float> a, std::size_t rows, const PanelView& b, const float* bias, Write write,
              Rows<float> out) {
  HWY_DYNAMIC_DISPATCH(Multiply)(a, rows, b, bias, write, out);
}
void gelu(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Gelu)(x, n); }
void swish(const Swish& curve, float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(SwishOf)(curve, x, n); }
void layer_norm(const Norm& norm, float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(LayerNorm)(norm, x, n); }
void softmax(float scale, float* x, std::size_t n, std::size_t padded) {
  AKIN_ASSERT(n > 0 && padded % kPanel == 0);
  HWY_DYNAMIC_DISPATCH(Softmax)(scale, x, n, padded);
}

std::uint16_t to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}
float from_bfloat16(std::uint16_t x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16); }

}  // namespace akin::bert
#endif
