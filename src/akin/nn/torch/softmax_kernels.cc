#include "akin/nn/torch/softmax_kernels.h"

#include <cmath>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nn/torch/softmax_kernels.cc"
// In this order: what follows foreach_target.h is compiled for each target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace akin::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

float LogSumExp(const float* HWY_RESTRICT x, std::size_t n) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), whole = n - n % lanes;
  auto most = hn::Set(d, x[0]);
  for (std::size_t i = 0; i < whole; i += lanes) most = hn::Max(most, hn::LoadU(d, x + i));
  float greatest = hn::GetLane(hn::MaxOfLanes(d, most));
  for (std::size_t i = whole; i < n; ++i) greatest = x[i] > greatest ? x[i] : greatest;
  const auto shift = hn::Set(d, greatest);
  auto sum = hn::Zero(d);
  for (std::size_t i = 0; i < whole; i += lanes)
    sum = hn::Add(sum, hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), shift)));
  double total = static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
  for (std::size_t i = whole; i < n; ++i) total += std::exp(static_cast<double>(x[i] - greatest));
  return greatest + static_cast<float>(std::log(total));
}

void ScaledExp(const float* x, std::size_t n, float shift, float scale, float* out) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), whole = n - n % lanes;
  const auto s = hn::Set(d, shift), factor = hn::Set(d, scale);
  for (std::size_t i = 0; i < whole; i += lanes)
    hn::StoreU(hn::Mul(factor, hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), s))), d, out + i);
  for (std::size_t i = whole; i < n; ++i) out[i] = scale * std::exp(x[i] - shift);
}

}  // namespace akin::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nn {

HWY_EXPORT(LogSumExp);
HWY_EXPORT(ScaledExp);

float log_sum_exp(const float* x, std::size_t n) { return HWY_DYNAMIC_DISPATCH(LogSumExp)(x, n); }

void scaled_exp(const float* x, std::size_t n, float shift, float scale, float* out) {
  HWY_DYNAMIC_DISPATCH(ScaledExp)(x, n, shift, scale, out);
}

}  // namespace akin::nn
#endif  // HWY_ONCE
