#include "akin/nets/sequence/recurrent_kernels.h"

#include <cmath>

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/sequence/recurrent_kernels.cc"
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

void LstmForward(const LstmGates& gates, const float* before, float* cell, float* state, std::size_t n) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V i = Sigmoid(hn::Load(d, gates.input + k)), f = Sigmoid(hn::Load(d, gates.forget + k));
    const V g = Tanh(hn::Load(d, gates.candidate + k)), o = Sigmoid(hn::Load(d, gates.output + k));
    hn::Store(i, d, gates.input + k);
    hn::Store(f, d, gates.forget + k);
    hn::Store(g, d, gates.candidate + k);
    hn::Store(o, d, gates.output + k);
    const V c = hn::MulAdd(f, hn::Load(d, before + k), hn::Mul(i, g));
    hn::Store(c, d, cell + k);
    hn::Store(hn::Mul(o, Tanh(c)), d, state + k);
  }
}

void LstmBackward(const LstmGates& gates, const float* before, const float* cell, const float* state_gradient,
                  float* cell_gradient, std::size_t n) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  const auto through_sigmoid = [&](V s, V gradient) {
    return hn::Mul(gradient, hn::Mul(s, hn::Sub(one, s)));
  };
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V i = hn::Load(d, gates.input + k), f = hn::Load(d, gates.forget + k);
    const V g = hn::Load(d, gates.candidate + k), o = hn::Load(d, gates.output + k);
    const V dh = hn::Load(d, state_gradient + k), t = Tanh(hn::Load(d, cell + k));
    const V dc = hn::MulAdd(hn::Mul(dh, o), hn::NegMulAdd(t, t, one), hn::Load(d, cell_gradient + k));
    hn::Store(through_sigmoid(i, hn::Mul(dc, g)), d, gates.input + k);
    hn::Store(through_sigmoid(f, hn::Mul(dc, hn::Load(d, before + k))), d, gates.forget + k);
    hn::Store(hn::Mul(hn::Mul(dc, i), hn::NegMulAdd(g, g, one)), d, gates.candidate + k);
    hn::Store(through_sigmoid(o, hn::Mul(dh, t)), d, gates.output + k);
    hn::Store(hn::Mul(dc, f), d, cell_gradient + k);
  }
}

void TanhForward(float* x, std::size_t n) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) hn::Store(Tanh(hn::Load(d, x + k)), d, x + k);
}

void TanhBackward(const float* x, float* gradient, std::size_t n) {
  const D d;
  const V one = hn::Set(d, 1.0f);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V y = hn::Load(d, x + k);
    hn::Store(hn::Mul(hn::Load(d, gradient + k), hn::NegMulAdd(y, y, one)), d, gradient + k);
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
HWY_EXPORT(LstmForward);
HWY_EXPORT(LstmBackward);
HWY_EXPORT(TanhForward);
HWY_EXPORT(TanhBackward);
HWY_EXPORT(MultiplyEntries);
HWY_EXPORT(AdagradStep);

void gru_forward(const GruGates& gates, const float* state, float* next, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(GruForward)(gates, state, next, n);
}

void gru_backward(const GruGates& gates, const float* state, const float* gradient, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(GruBackward)(gates, state, gradient, n);
}

void lstm_forward(const LstmGates& gates, const float* before, float* cell, float* state, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(LstmForward)(gates, before, cell, state, n);
}

void lstm_backward(const LstmGates& gates, const float* before, const float* cell,
                   const float* state_gradient, float* cell_gradient, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(LstmBackward)(gates, before, cell, state_gradient, cell_gradient, n);
}

void tanh_forward(float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(TanhForward)(x, n); }

void tanh_backward(const float* x, float* gradient, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(TanhBackward)(x, gradient, n);
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

void reference::lstm_forward(const LstmGates& gates, const float* before, float* cell, float* state,
                             std::size_t n) {
  for (std::size_t k = 0; k < n; ++k) {
    for (float* const gate : {gates.input, gates.forget, gates.output})
      gate[k] = 1 / (1 + std::exp(-gate[k]));
    gates.candidate[k] = std::tanh(gates.candidate[k]);
    cell[k] = gates.forget[k] * before[k] + gates.input[k] * gates.candidate[k];
    state[k] = gates.output[k] * std::tanh(cell[k]);
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
