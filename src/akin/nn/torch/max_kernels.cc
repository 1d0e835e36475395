#include "akin/nn/torch/max_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nn/torch/max_kernels.cc"
// In this order: what follows foreach_target.h is compiled for each target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace akin::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void GreatestOverSteps(const float* HWY_RESTRICT x, std::size_t steps, std::size_t units,
                       float* HWY_RESTRICT best, std::int32_t* HWY_RESTRICT at) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const std::size_t lanes = hn::Lanes(d), whole = units - units % lanes;
  for (std::size_t u = 0; u < whole; u += lanes) {
    auto most = hn::LoadU(d, x + u);
    auto place = hn::Zero(di);
    for (std::size_t s = 1; s < steps; ++s) {
      const auto now = hn::LoadU(d, x + s * units + u);
      const auto more = hn::Gt(now, most);
      most = hn::IfThenElse(more, now, most);
      place = hn::IfThenElse(hn::RebindMask(di, more), hn::Set(di, static_cast<std::int32_t>(s)), place);
    }
    hn::StoreU(most, d, best + u);
    hn::StoreU(place, di, at + u);
  }
  for (std::size_t u = whole; u < units; ++u) {
    best[u] = x[u];
    at[u] = 0;
    for (std::size_t s = 1; s < steps; ++s) {
      if (x[s * units + u] <= best[u]) continue;
      best[u] = x[s * units + u];
      at[u] = static_cast<std::int32_t>(s);
    }
  }
}

void AddScaled(float a, const float* HWY_RESTRICT x, std::size_t n, float* HWY_RESTRICT y) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d), whole = n - n % lanes;
  const auto factor = hn::Set(d, a);
  for (std::size_t i = 0; i < whole; i += lanes)
    hn::StoreU(hn::MulAdd(factor, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  for (std::size_t i = whole; i < n; ++i) y[i] += a * x[i];
}

}  // namespace akin::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nn {

HWY_EXPORT(GreatestOverSteps);
HWY_EXPORT(AddScaled);

void greatest_over_steps(const float* x, std::size_t steps, std::size_t units, float* best,
                         std::int32_t* at) {
  HWY_DYNAMIC_DISPATCH(GreatestOverSteps)(x, steps, units, best, at);
}

void add_scaled(float a, const float* x, std::size_t n, float* y) {
  HWY_DYNAMIC_DISPATCH(AddScaled)(a, x, n, y);
}

}  // namespace akin::nn
#endif  // HWY_ONCE
