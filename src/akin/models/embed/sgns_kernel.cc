#include "akin/models/embed/sgns_kernel.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/embed/sgns_kernel.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After foreach_target.h: this header is compiled once for each instruction set.
#include <hwy/contrib/math/math-inl.h>

#include <cmath>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// x_t -> g_t for all kSgnsMaxOutputs entries at once; returns the loss of the first n.
HWY_INLINE float Gradients(float* x, std::size_t n, std::size_t positives, float alpha) {
  const hn::CappedTag<float, kSgnsMaxOutputs> d;
  HWY_ALIGN float label[kSgnsMaxOutputs];
  HWY_ALIGN float probability[kSgnsMaxOutputs];
  for (std::size_t t = 0; t < kSgnsMaxOutputs; ++t) label[t] = t < positives ? 1.0f : 0.0f;
  const auto one = hn::Set(d, 1.0f);
  for (std::size_t t = 0; t < kSgnsMaxOutputs; t += hn::Lanes(d)) {
    // exp overflows beyond 88; sigma is 0 or 1 in float long before.
    const auto clamped = hn::Min(hn::Max(hn::Load(d, x + t), hn::Set(d, -30.0f)), hn::Set(d, 30.0f));
    const auto sigma = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(clamped))));
    const auto y = hn::Load(d, label + t);
    const auto error = hn::Sub(y, sigma);
    hn::Store(hn::Mul(hn::Set(d, alpha), error), d, x + t);
    hn::Store(hn::Sub(one, hn::Abs(error)), d, probability + t);  // of the label that is right
  }
  float likelihood = 1;  // a product, so that one logarithm does for all
  float loss = 0;
  for (std::size_t t = 0; t < n; ++t) {
    likelihood *= probability[t] + 1e-7f;
    if (likelihood < 1e-25f) {
      loss -= std::log(likelihood);
      likelihood = 1;
    }
  }
  return loss - std::log(likelihood);
}

/// kOutputs is a constant so that the sums stay in registers.
template <std::size_t kOutputs>
HWY_INLINE float Step(float* HWY_RESTRICT input, float* const* output_rows, std::size_t positives,
                      std::size_t stride, float alpha) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  float* outputs[kOutputs];  // a local copy stays in registers
  for (std::size_t t = 0; t < kOutputs; ++t) outputs[t] = output_rows[t];
  V sums[kOutputs];
  for (V& sum : sums) sum = hn::Zero(d);
  for (std::size_t c = 0; c < stride; c += lanes) {
    const V h = hn::Load(d, input + c);
    for (std::size_t t = 0; t < kOutputs; ++t) sums[t] = hn::MulAdd(h, hn::Load(d, outputs[t] + c), sums[t]);
  }
  HWY_ALIGN float x[kSgnsMaxOutputs];
  for (std::size_t t = 0; t < kOutputs; ++t) x[t] = hn::GetLane(hn::SumOfLanes(d, sums[t]));
  for (std::size_t t = kOutputs; t < kSgnsMaxOutputs; ++t) x[t] = 0;
  const float loss = Gradients(x, kOutputs, positives, alpha);
  V g[kOutputs];
  for (std::size_t t = 0; t < kOutputs; ++t) g[t] = hn::Set(d, x[t]);
  for (std::size_t c = 0; c < stride; c += lanes) {
    const V h = hn::Load(d, input + c);
    V moved = h;
    for (std::size_t t = 0; t < kOutputs; ++t) {
      const V o = hn::Load(d, outputs[t] + c);
      moved = hn::MulAdd(g[t], o, moved);
      hn::Store(hn::MulAdd(g[t], h, o), d, outputs[t] + c);
    }
    hn::Store(moved, d, input + c);
  }
  return loss;
}

float SgnsStep(float* input, float* const* outputs, std::size_t n, std::size_t positives, std::size_t stride,
               float alpha) {
  switch (n) {
    case 1:
      return Step<1>(input, outputs, positives, stride, alpha);
    case 2:
      return Step<2>(input, outputs, positives, stride, alpha);
    case 3:
      return Step<3>(input, outputs, positives, stride, alpha);
    case 4:
      return Step<4>(input, outputs, positives, stride, alpha);
    case 5:
      return Step<5>(input, outputs, positives, stride, alpha);
    case 6:
      return Step<6>(input, outputs, positives, stride, alpha);
    case 7:
      return Step<7>(input, outputs, positives, stride, alpha);
    case 8:
      return Step<8>(input, outputs, positives, stride, alpha);
    default:
      return 0;
  }
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(SgnsStep);

float sgns_step(float* input, float* const* outputs, std::size_t n_outputs, std::size_t positives,
                std::size_t stride, float alpha) {
  return HWY_DYNAMIC_DISPATCH(SgnsStep)(input, outputs, n_outputs, positives, stride, alpha);
}

float reference::sgns_step(float* input, float* const* outputs, std::size_t n_outputs, std::size_t positives,
                           std::size_t stride, float alpha) {
  std::vector<double> g(n_outputs);
  double loss = 0;
  for (std::size_t t = 0; t < n_outputs; ++t) {
    double x = 0;
    for (std::size_t c = 0; c < stride; ++c) x += static_cast<double>(input[c]) * outputs[t][c];
    const double y = t < positives ? 1 : 0;
    g[t] = alpha * (y - 1 / (1 + std::exp(-x)));
    loss += std::log1p(std::exp(y > 0 ? -x : x));
  }
  std::vector<double> moved(input, input + stride);
  for (std::size_t t = 0; t < n_outputs; ++t) {
    for (std::size_t c = 0; c < stride; ++c) {
      moved[c] += g[t] * outputs[t][c];
      outputs[t][c] = static_cast<float>(outputs[t][c] + g[t] * input[c]);
    }
  }
  for (std::size_t c = 0; c < stride; ++c) input[c] = static_cast<float>(moved[c]);
  return static_cast<float>(loss);
}

}  // namespace akin
#endif  // HWY_ONCE
