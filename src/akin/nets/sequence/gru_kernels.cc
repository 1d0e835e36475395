#include "akin/nets/sequence/gru_kernels.h"

#include <cmath>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/sequence/gru_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After foreach_target.h: this header is compiled once for each instruction set.
#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;

constexpr float kAdagradEpsilon = 1e-6f;

HWY_INLINE V Sigmoid(V x) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  const V small = hn::Min(hn::Max(x, hn::Set(d, -80.0f)), hn::Set(d, 80.0f));
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(small))));
}
HWY_INLINE V Tanh(V x) {
  const V sigma = Sigmoid(hn::Add(x, x));
  return hn::Sub(hn::Add(sigma, sigma), hn::Set(D(), 1.0f));
}
}  // namespace

void GruForward(const GruGates& gates, const float* state, float* next, std::size_t n) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V r = Sigmoid(hn::Load(d, gates.reset + k)), z = Sigmoid(hn::Load(d, gates.update + k));
    const V c = Tanh(hn::MulAdd(r, hn::Load(d, gates.recurrent + k), hn::Load(d, gates.candidate + k)));
    hn::Store(r, d, gates.reset + k);
    hn::Store(z, d, gates.update + k);
    hn::Store(c, d, gates.candidate + k);
    hn::Store(hn::MulAdd(z, hn::Sub(hn::Load(d, state + k), c), c), d, next + k);
  }
}

void GruBackward(const GruGates& gates, const float* state, const float* gradient, std::size_t n) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V r = hn::Load(d, gates.reset + k), z = hn::Load(d, gates.update + k);
    const V c = hn::Load(d, gates.candidate + k), u = hn::Load(d, gates.recurrent + k);
    const V g = hn::Load(d, gradient + k);
    const V rest = hn::Sub(one, z);
    const V dz = hn::Mul(hn::Mul(g, hn::Sub(hn::Load(d, state + k), c)), hn::Mul(z, rest));
    const V dc = hn::Mul(hn::Mul(g, rest), hn::NegMulAdd(c, c, one));
    hn::Store(hn::Mul(hn::Mul(dc, u), hn::Mul(r, hn::Sub(one, r))), d, gates.reset + k);
    hn::Store(dz, d, gates.update + k);
    hn::Store(dc, d, gates.candidate + k);
    hn::Store(hn::Mul(dc, r), d, gates.recurrent + k);
  }
}

void MultiplyEntries(const float* factors, float* x, std::size_t n) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d))
    hn::Store(hn::Mul(hn::Load(d, factors + k), hn::Load(d, x + k)), d, x + k);
}

void AdagradStep(const AdagradRule& rule, const float* gradient, float* x, float* sum, float* velocity,
                 std::size_t n) {
  const D d;
  const V rate = hn::Set(d, rule.rate), epsilon = hn::Set(d, kAdagradEpsilon);
  const V momentum = hn::Set(d, rule.momentum);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V g = hn::Load(d, gradient + k);
    const V squares = hn::MulAdd(g, g, hn::Load(d, sum + k));
    hn::Store(squares, d, sum + k);
    V step = hn::Neg(hn::Div(hn::Mul(rate, g), hn::Sqrt(hn::Add(squares, epsilon))));
    if (velocity != nullptr) {
      step = hn::MulAdd(momentum, hn::Load(d, velocity + k), step);
      hn::Store(step, d, velocity + k);
    }
    hn::Store(hn::Add(hn::Load(d, x + k), step), d, x + k);
  }
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(GruForward);
HWY_EXPORT(GruBackward);
HWY_EXPORT(MultiplyEntries);
HWY_EXPORT(AdagradStep);

void gru_forward(const GruGates& gates, const float* state, float* next, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(GruForward)(gates, state, next, n);
}

void gru_backward(const GruGates& gates, const float* state, const float* gradient, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(GruBackward)(gates, state, gradient, n);
}

void multiply_entries(const float* factors, float* x, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(MultiplyEntries)(factors, x, n);
}

void adagrad_step(const AdagradRule& rule, const float* gradient, float* x, float* sum, float* velocity,
                  std::size_t n) {
  HWY_DYNAMIC_DISPATCH(AdagradStep)(rule, gradient, x, sum, velocity, n);
}

void reference::gru_forward(const GruGates& gates, const float* state, float* next, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    gates.reset[k] = 1 / (1 + std::exp(-gates.reset[k]));
    gates.update[k] = 1 / (1 + std::exp(-gates.update[k]));
    gates.candidate[k] = std::tanh(gates.candidate[k] + gates.reset[k] * gates.recurrent[k]);
    next[k] = (1 - gates.update[k]) * gates.candidate[k] + gates.update[k] * state[k];
  }
}

void reference::adagrad_step(const AdagradRule& rule, const float* gradient, float* x, float* sum,
                             float* velocity, std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    sum[k] += gradient[k] * gradient[k];
    float step = -rule.rate * gradient[k] / std::sqrt(sum[k] + 1e-6f);
    if (velocity != nullptr) step = velocity[k] = rule.momentum * velocity[k] + step;
    x[k] += step;
  }
}

}  // namespace akin
#endif
