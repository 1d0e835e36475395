#include "akin/nets/sequence/attention_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/sequence/attention_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
//
#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace akin::attention::HWY_NAMESPACE {
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

/// kRows rows by kVectors vectors.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void Tile(const StridedMatrix& a, std::size_t inner, const float* HWY_RESTRICT b,
                     std::size_t b_stride, Write write, const Rows& out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kRows][kVectors];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[r][v] = write == Write::kAdd ? hn::LoadU(d, out[r] + v * lanes) : hn::Zero(d);
  }
  const float* first = a.data;
  for (std::size_t k = 0; k < inner; ++k, b += b_stride, first += a.column) {
    V row[kVectors];
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::LoadU(d, b + v * lanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < kRows; ++r) {
      const V entry = hn::Set(d, first[r * a.row]);
#pragma GCC unroll 2
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(entry, row[v], sums[r][v]);
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[r][v], d, out[r] + v * lanes);
  }
}

/// All rows of kVectors vectors.
template <std::size_t kVectors>
void Columns(StridedMatrix a, std::size_t rows, std::size_t inner, const float* b, std::size_t b_stride,
             Write write, Rows out) {
  const auto advance = [&](std::size_t n) {
    a.data += n * a.row;
    out.data += n * out.stride;
    rows -= n;
  };
  for (; rows >= kBlock; advance(kBlock)) Tile<kBlock, kVectors>(a, inner, b, b_stride, write, out);
  if (kBlock > 6 && rows >= 6) {
    Tile<6, kVectors>(a, inner, b, b_stride, write, out);
    advance(6);
  }
  for (; rows >= 3; advance(3)) Tile<3, kVectors>(a, inner, b, b_stride, write, out);
  for (; rows > 0; advance(1)) Tile<1, kVectors>(a, inner, b, b_stride, write, out);
}

/// body(i) for i = 0, lanes, ... < n.
template <class Body>
HWY_INLINE void EachVector(std::size_t n, const Body& body) {
  const std::size_t lanes = hn::Lanes(D());
  for (std::size_t i = 0; i < n; i += lanes) body(i);
}

HWY_INLINE V Sigma(D d, V x) {
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(x))));
}
}  // namespace

void Multiply(const Product& p, Write write, Rows out) {
  constexpr std::size_t kRowsAtOnce = 96;  // of A, so that they stay in cache over all panels
  const std::size_t lanes = hn::Lanes(D());
  for (std::size_t r = 0; r < p.rows; r += kRowsAtOnce) {
    const std::size_t rows = std::min(kRowsAtOnce, p.rows - r);
    const StridedMatrix a{p.a.data + r * p.a.row, p.a.row, p.a.column};
    for (std::size_t c = 0; c < p.columns; c += kPanel) {
      const float* const panel = p.b.data + c / kPanel * p.b.panel;
      const std::size_t count = std::min(kPanel, p.columns - c);
      std::size_t v = 0;
      for (; v + 2 * lanes <= count; v += 2 * lanes)
        Columns<2>(a, rows, p.inner, panel + v, p.b.row, write, {out[r] + c + v, out.stride});
      for (; v < count; v += lanes)
        Columns<1>(a, rows, p.inner, panel + v, p.b.row, write, {out[r] + c + v, out.stride});
    }
  }
}

void AddRows(Rows matrix, std::size_t rows, std::size_t n, float* out) {
  const D d;
  EachVector(n, [&](std::size_t i) {
    V sum = hn::LoadU(d, out + i);
    for (std::size_t r = 0; r < rows; ++r) sum = hn::Add(sum, hn::LoadU(d, matrix[r] + i));
    hn::StoreU(sum, d, out + i);
  });
}

NormStats LayerNorm(const Norm& norm, const float* x, float* y) {
  const D d;
  const float share = 1 / static_cast<float>(norm.n);
  V sum = hn::Zero(d);
  EachVector(norm.n, [&](std::size_t i) { sum = hn::Add(sum, hn::LoadU(d, x + i)); });
  const float mean = share * hn::GetLane(hn::SumOfLanes(d, sum));
  const V mean_v = hn::Set(d, mean);
  V squares = hn::Zero(d);
  EachVector(norm.n, [&](std::size_t i) {
    const V difference = hn::IfThenElseZero(hn::FirstN(d, norm.n - i), hn::Sub(hn::LoadU(d, x + i), mean_v));
    squares = hn::MulAdd(difference, difference, squares);
  });
  const float scale = 1 / std::sqrt(share * hn::GetLane(hn::SumOfLanes(d, squares)) + kNormEpsilon);
  const V scale_v = hn::Set(d, scale);
  EachVector(norm.n, [&](std::size_t i) {  // gain and shift are zero in the padding
    const V value = hn::Mul(hn::Sub(hn::LoadU(d, x + i), mean_v), scale_v);
    hn::StoreU(hn::MulAdd(value, hn::LoadU(d, norm.gain + i), hn::LoadU(d, norm.shift + i)), d, y + i);
  });
  return {mean, scale};
}

void LayerNormBackward(const Norm& norm, NormStats stats, const float* x, const float* dy,
                       const NormGradients& to) {
  const D d;
  const V mean = hn::Set(d, stats.mean), scale = hn::Set(d, stats.scale);
  const auto value_at = [&](std::size_t i) {
    return hn::IfThenElseZero(hn::FirstN(d, norm.n - i), hn::Mul(hn::Sub(hn::LoadU(d, x + i), mean), scale));
  };
  V sum = hn::Zero(d), product = hn::Zero(d);
  EachVector(norm.n, [&](std::size_t i) {
    const V slope = hn::LoadU(d, dy + i), value = value_at(i);
    const V inner = hn::Mul(slope, hn::LoadU(d, norm.gain + i));
    sum = hn::Add(sum, inner);
    product = hn::MulAdd(inner, value, product);
    hn::StoreU(hn::MulAdd(slope, value, hn::LoadU(d, to.gain + i)), d, to.gain + i);
    hn::StoreU(hn::Add(slope, hn::LoadU(d, to.shift + i)), d, to.shift + i);
  });
  const float share = 1 / static_cast<float>(norm.n);
  const V mean_slope = hn::Set(d, share * hn::GetLane(hn::SumOfLanes(d, sum)));
  const V mean_product = hn::Set(d, share * hn::GetLane(hn::SumOfLanes(d, product)));
  EachVector(norm.n, [&](std::size_t i) {
    const V inner = hn::Mul(hn::LoadU(d, dy + i), hn::LoadU(d, norm.gain + i));
    const V change = hn::NegMulAdd(value_at(i), mean_product, hn::Sub(inner, mean_slope));
    const V kept = hn::IfThenElseZero(hn::FirstN(d, norm.n - i), change);
    hn::StoreU(hn::MulAdd(scale, kept, hn::LoadU(d, to.x + i)), d, to.x + i);
  });
}

void Softmax(float scale, float* x, std::size_t n) {
  const D d;
  V most = hn::Set(d, x[0]);
  EachVector(n, [&](std::size_t i) {
    most = hn::IfThenElse(hn::FirstN(d, n - i), hn::Max(most, hn::LoadU(d, x + i)), most);
  });
  const V largest = hn::MaxOfLanes(d, most), factor = hn::Set(d, scale);
  V sum = hn::Zero(d);
  EachVector(n, [&](std::size_t i) {
    const V value = hn::Exp(d, hn::Mul(hn::Sub(hn::LoadU(d, x + i), largest), factor));
    const V kept = hn::IfThenElseZero(hn::FirstN(d, n - i), value);
    sum = hn::Add(sum, kept);
    hn::StoreU(kept, d, x + i);
  });
  const V share = hn::Set(d, 1 / hn::GetLane(hn::SumOfLanes(d, sum)));
  EachVector(n, [&](std::size_t i) { hn::StoreU(hn::Mul(hn::LoadU(d, x + i), share), d, x + i); });
  std::fill(x + n, x + (n + 15) / 16 * 16, 0.0f);
}

void SoftmaxBackward(float scale, const float* p, float* dp, std::size_t n) {
  const D d;
  V sum = hn::Zero(d);
  EachVector(n, [&](std::size_t i) { sum = hn::MulAdd(hn::LoadU(d, p + i), hn::LoadU(d, dp + i), sum); });
  const V mean = hn::Set(d, hn::GetLane(hn::SumOfLanes(d, sum))), factor = hn::Set(d, scale);
  EachVector(n, [&](std::size_t i) {
    const V weight = hn::Mul(factor, hn::LoadU(d, p + i));
    hn::StoreU(hn::Mul(weight, hn::Sub(hn::LoadU(d, dp + i), mean)), d, dp + i);
  });
}

void AddExp(const float* x, std::size_t n, LogSum& total) {
  const D d;
  V most = hn::Set(d, total.most);
  EachVector(n, [&](std::size_t i) {
    most = hn::IfThenElse(hn::FirstN(d, n - i), hn::Max(most, hn::LoadU(d, x + i)), most);
  });
  const V largest = hn::MaxOfLanes(d, most);
  V sum = hn::Zero(d);
  EachVector(n, [&](std::size_t i) {
    const V value = hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), largest));
    sum = hn::Add(sum, hn::IfThenElseZero(hn::FirstN(d, n - i), value));
  });
  const float top = hn::GetLane(largest);
  total.sum = total.sum * std::exp(total.most - top) + hn::GetLane(hn::SumOfLanes(d, sum));
  total.most = top;
}

void ExpMinus(float log_sum, float weight, float* x, std::size_t n) {
  const D d;
  const V bar = hn::Set(d, log_sum), factor = hn::Set(d, weight);
  EachVector((n + 15) / 16 * 16, [&](std::size_t i) {
    const V value = hn::Mul(factor, hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), bar)));
    hn::StoreU(hn::IfThenElseZero(hn::FirstN(d, i < n ? n - i : 0), value), d, x + i);
  });
}

void Sigmoid(float* x, std::size_t n) {
  const D d;
  EachVector(n, [&](std::size_t i) { hn::StoreU(Sigma(d, hn::LoadU(d, x + i)), d, x + i); });
}

void Relu(float* x, std::size_t n) {
  const D d;
  EachVector(n, [&](std::size_t i) { hn::StoreU(hn::Max(hn::LoadU(d, x + i), hn::Zero(d)), d, x + i); });
}

void ReluBackward(const float* y, float* dx, std::size_t n) {
  const D d;
  EachVector(n, [&](std::size_t i) {
    const auto on = hn::Gt(hn::LoadU(d, y + i), hn::Zero(d));
    hn::StoreU(hn::IfThenElseZero(on, hn::LoadU(d, dx + i)), d, dx + i);
  });
}

void Silu(float weight, const float* x, float* y, std::size_t n) {
  const D d;
  const V factor = hn::Set(d, weight);
  EachVector(n, [&](std::size_t i) {
    const V value = hn::LoadU(d, x + i);
    hn::StoreU(hn::Mul(hn::Mul(factor, value), Sigma(d, value)), d, y + i);
  });
}

void SiluBackward(float weight, const float* x, float* dy, std::size_t n) {
  const D d;
  const V factor = hn::Set(d, weight), one = hn::Set(d, 1.0f);
  EachVector(n, [&](std::size_t i) {
    const V value = hn::LoadU(d, x + i), s = Sigma(d, value);
    const V derivative = hn::Mul(s, hn::MulAdd(value, hn::Sub(one, s), one));
    hn::StoreU(hn::Mul(hn::Mul(factor, hn::LoadU(d, dy + i)), derivative), d, dy + i);
  });
}

void Times(const float* a, const float* b, float* out, std::size_t n) {
  const D d;
  EachVector(
      n, [&](std::size_t i) { hn::StoreU(hn::Mul(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, out + i); });
}

void AddTimes(const float* a, const float* b, float* out, std::size_t n) {
  const D d;
  EachVector(n, [&](std::size_t i) {
    hn::StoreU(hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), hn::LoadU(d, out + i)), d, out + i);
  });
}

void SigmoidBackward(const float* s, float* slope, std::size_t n) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  EachVector(n, [&](std::size_t i) {
    const V value = hn::LoadU(d, s + i);
    hn::StoreU(hn::Mul(hn::LoadU(d, slope + i), hn::Mul(value, hn::Sub(one, value))), d, slope + i);
  });
}

void Drop(const Dropout& dropout, std::uint32_t seed, float* x, std::size_t n) {
  const D d;
  const hn::RebindToUnsigned<D> du;
  const auto start = hn::Set(du, seed), bar = hn::Set(du, dropout.bar);
  const auto step = hn::Set(du, 0x9E3779B9U), first = hn::Set(du, 0x7FEB352DU),
             second = hn::Set(du, 0x846CA68BU);
  const V factor = hn::Set(d, dropout.scale);
  EachVector(n, [&](std::size_t i) {
    auto bits = hn::Xor(start, hn::Mul(hn::Iota(du, static_cast<std::uint32_t>(i)), step));
    bits = hn::Mul(hn::Xor(bits, hn::ShiftRight<16>(bits)), first);
    bits = hn::Mul(hn::Xor(bits, hn::ShiftRight<15>(bits)), second);
    bits = hn::Xor(bits, hn::ShiftRight<16>(bits));
    const auto lost = hn::RebindMask(d, hn::Lt(bits, bar));
    hn::StoreU(hn::IfThenZeroElse(lost, hn::Mul(factor, hn::LoadU(d, x + i))), d, x + i);
  });
}

}  // namespace akin::attention::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::attention {

HWY_EXPORT(Multiply);
HWY_EXPORT(AddRows);
HWY_EXPORT(LayerNorm);
HWY_EXPORT(LayerNormBackward);
HWY_EXPORT(Softmax);
HWY_EXPORT(SoftmaxBackward);
HWY_EXPORT(AddExp);
HWY_EXPORT(ExpMinus);
HWY_EXPORT(Sigmoid);
HWY_EXPORT(Relu);
HWY_EXPORT(ReluBackward);
HWY_EXPORT(Silu);
HWY_EXPORT(SiluBackward);
HWY_EXPORT(Times);
HWY_EXPORT(AddTimes);
HWY_EXPORT(SigmoidBackward);
HWY_EXPORT(Drop);

void multiply(const Product& product, Write write, Rows out) {
  HWY_DYNAMIC_DISPATCH(Multiply)(product, write, out);
}
void add_rows(Rows matrix, std::size_t rows, std::size_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(AddRows)(matrix, rows, n, out);
}
NormStats layer_norm(const Norm& norm, const float* x, float* y) {
  return HWY_DYNAMIC_DISPATCH(LayerNorm)(norm, x, y);
}
void layer_norm_backward(const Norm& norm, NormStats stats, const float* x, const float* dy,
                         const NormGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(LayerNormBackward)(norm, stats, x, dy, gradients);
}
void softmax(float scale, float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Softmax)(scale, x, n); }
void softmax_backward(float scale, const float* p, float* dp, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(SoftmaxBackward)(scale, p, dp, n);
}
void add_exp(const float* x, std::size_t n, LogSum& sum) { HWY_DYNAMIC_DISPATCH(AddExp)(x, n, sum); }
void exp_minus(float log_sum, float weight, float* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(ExpMinus)(log_sum, weight, x, n);
}
void sigmoid(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Sigmoid)(x, n); }
void relu(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Relu)(x, n); }
void relu_backward(const float* y, float* dx, std::size_t n) { HWY_DYNAMIC_DISPATCH(ReluBackward)(y, dx, n); }
void silu(float weight, const float* x, float* y, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(Silu)(weight, x, y, n);
}
void silu_backward(float weight, const float* x, float* dy, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(SiluBackward)(weight, x, dy, n);
}
void times(const float* a, const float* b, float* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(Times)(a, b, out, n);
}
void add_times(const float* a, const float* b, float* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(AddTimes)(a, b, out, n);
}
void sigmoid_backward(const float* s, float* d, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(SigmoidBackward)(s, d, n);
}
void drop(const Dropout& dropout, std::uint32_t seed, float* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(Drop)(dropout, seed, x, n);
}

}  // namespace akin::attention
#endif
