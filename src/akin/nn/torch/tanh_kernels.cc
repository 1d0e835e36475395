#include "akin/nn/torch/tanh_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nn/torch/tanh_kernels.cc"
// In this order: what follows foreach_target.h is compiled for each target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace akin::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls work(tag, i) for whole vectors, then one by one for the rest.
template <class Work>
void ForAll(std::size_t n, Work work) {
  const hn::ScalableTag<float> whole;
  const hn::CappedTag<float, 1> single;
  std::size_t i = 0;
  for (; i + hn::Lanes(whole) <= n; i += hn::Lanes(whole)) work(whole, i);
  for (; i < n; ++i) work(single, i);
}

void TanhForward(const float* x, std::size_t n, float* y) {
  ForAll(n, [&](auto d, std::size_t i) { hn::StoreU(hn::Tanh(d, hn::LoadU(d, x + i)), d, y + i); });
}

void TanhBackward(const float* y, const float* dy, std::size_t n, float* dx) {
  ForAll(n, [&](auto d, std::size_t i) {
    const auto value = hn::LoadU(d, y + i);
    hn::StoreU(hn::Mul(hn::LoadU(d, dy + i), hn::NegMulAdd(value, value, hn::Set(d, 1.0f))), d, dx + i);
  });
}

}  // namespace akin::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nn {

HWY_EXPORT(TanhForward);
HWY_EXPORT(TanhBackward);

void tanh_forward(const float* x, std::size_t n, float* y) { HWY_DYNAMIC_DISPATCH(TanhForward)(x, n, y); }
void tanh_backward(const float* y, const float* dy, std::size_t n, float* dx) {
  HWY_DYNAMIC_DISPATCH(TanhBackward)(y, dy, n, dx);
}

}  // namespace akin::nn
#endif  // HWY_ONCE
