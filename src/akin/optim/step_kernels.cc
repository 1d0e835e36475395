#include "akin/optim/step_kernels.h"

#include "akin/optim/recurrences.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/optim/step_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Equations: recurrences.h. Sums of products are written as fused multiply-adds, so that no compiler chooses
// what is fused: that keeps the bits the same from one target to the next.
HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kStepFloats>;
using V = hn::Vec<D>;

/// A rule is the code for one vector: the floats from i on of x, g and the moments that it has. It loads all
/// before it stores any: tables of one shape often lie a multiple of 4096 bytes apart, and then a load behind
/// a store of the same row waits for it, as if it read what was stored.
struct Sgd {
  explicit Sgd(const StepConstants<float>& c) : rate(hn::Set(D(), c.rate)) {}
  void operator()(float* x, const float* g, float*, float*, std::size_t i) const {
    const D d;
    hn::StoreU(hn::NegMulAdd(rate, hn::LoadU(d, g + i), hn::LoadU(d, x + i)), d, x + i);
  }
  V rate;
};

struct Momentum {
  explicit Momentum(const StepConstants<float>& c)
      : rate(hn::Set(D(), c.rate)), momentum(hn::Set(D(), c.momentum)) {}
  void operator()(float* x, const float* g, float* m, float*, std::size_t i) const {
    const D d;
    const V old = hn::LoadU(d, x + i);
    const V velocity = hn::MulSub(momentum, hn::LoadU(d, m + i), hn::Mul(rate, hn::LoadU(d, g + i)));
    hn::StoreU(velocity, d, m + i);
    hn::StoreU(hn::Add(old, velocity), d, x + i);
  }
  V rate, momentum;
};

struct AdaGrad {
  explicit AdaGrad(const StepConstants<float>& c)
      : rate(hn::Set(D(), c.rate)), epsilon(hn::Set(D(), c.epsilon)) {}
  void operator()(float* x, const float* g, float*, float* v, std::size_t i) const {
    const D d;
    const V gradient = hn::LoadU(d, g + i), old = hn::LoadU(d, x + i);
    const V sum = hn::MulAdd(gradient, gradient, hn::LoadU(d, v + i));
    hn::StoreU(sum, d, v + i);
    const V step = hn::Div(hn::Mul(rate, gradient), hn::Add(hn::Sqrt(sum), epsilon));
    hn::StoreU(hn::Sub(old, step), d, x + i);
  }
  V rate, epsilon;
};

struct RmsProp {
  explicit RmsProp(const StepConstants<float>& c)
      : rate(hn::Set(D(), c.rate)),
        rho(hn::Set(D(), c.rho)),
        rest(hn::Set(D(), c.rest)),
        epsilon(hn::Set(D(), c.epsilon)) {}
  void operator()(float* x, const float* g, float*, float* v, std::size_t i) const {
    const D d;
    const V gradient = hn::LoadU(d, g + i), old = hn::LoadU(d, x + i);
    const V mean = hn::MulAdd(rho, hn::LoadU(d, v + i), hn::Mul(rest, hn::Mul(gradient, gradient)));
    hn::StoreU(mean, d, v + i);
    const V step = hn::Div(hn::Mul(rate, gradient), hn::Add(hn::Sqrt(mean), epsilon));
    hn::StoreU(hn::Sub(old, step), d, x + i);
  }
  V rate, rho, rest, epsilon;
};

struct Adam {
  explicit Adam(const StepConstants<float>& c)
      : rate(hn::Set(D(), c.rate)),
        beta1(hn::Set(D(), c.beta1)),
        rest1(hn::Set(D(), c.rest1)),
        beta2(hn::Set(D(), c.beta2)),
        rest2(hn::Set(D(), c.rest2)),
        epsilon(hn::Set(D(), c.epsilon)) {}
  void operator()(float* x, const float* g, float* m, float* v, std::size_t i) const {
    const D d;
    const V gradient = hn::LoadU(d, g + i), old = hn::LoadU(d, x + i);
    const V mean = hn::MulAdd(beta1, hn::LoadU(d, m + i), hn::Mul(rest1, gradient));
    const V square = hn::MulAdd(beta2, hn::LoadU(d, v + i), hn::Mul(rest2, hn::Mul(gradient, gradient)));
    hn::StoreU(mean, d, m + i);
    hn::StoreU(square, d, v + i);
    const V step = hn::Div(hn::Mul(rate, mean), hn::Add(hn::Sqrt(square), epsilon));
    hn::StoreU(hn::Sub(old, step), d, x + i);
  }
  V rate, beta1, rest1, beta2, rest2, epsilon;
};

struct Adadelta {
  explicit Adadelta(const StepConstants<float>& c)
      : rate(hn::Set(D(), c.rate)),
        rho(hn::Set(D(), c.rho)),
        rest(hn::Set(D(), c.rest)),
        epsilon(hn::Set(D(), c.epsilon)) {}
  void operator()(float* x, const float* g, float* m, float* v, std::size_t i) const {
    const D d;
    const V gradient = hn::LoadU(d, g + i), old = hn::LoadU(d, x + i), steps = hn::LoadU(d, m + i);
    const V mean = hn::MulAdd(rho, hn::LoadU(d, v + i), hn::Mul(rest, hn::Mul(gradient, gradient)));
    hn::StoreU(mean, d, v + i);
    const V step = hn::Mul(gradient, hn::Sqrt(hn::Div(hn::Add(steps, epsilon), hn::Add(mean, epsilon))));
    hn::StoreU(hn::NegMulAdd(rate, step, old), d, x + i);
    hn::StoreU(hn::MulAdd(rho, steps, hn::Mul(rest, hn::Mul(step, step))), d, m + i);
  }
  V rate, rho, rest, epsilon;
};

template <class Rule>
void StepAll(const StepConstants<float>& constants, float* HWY_RESTRICT x, const float* HWY_RESTRICT g,
             float* HWY_RESTRICT m, float* HWY_RESTRICT v, std::size_t n) {
  const Rule rule(constants);
  const std::size_t lanes = hn::Lanes(D());
  for (std::size_t i = 0; i < n; i += lanes) rule(x, g, m, v, i);
}

template <UpdateRule rule>
void ZeroGradient(const ZeroGradientSteps& constants, float rate, float* HWY_RESTRICT x,
                  float* HWY_RESTRICT m, float* HWY_RESTRICT v, std::size_t n) {
  constexpr bool kFirst = rule != UpdateRule::kRmsProp, kSecond = rule != UpdateRule::kMomentum;
  const D d;
  const V move = hn::Set(d, rule == UpdateRule::kAdam ? rate * constants.move : constants.move);
  const V keep1 = hn::Set(d, constants.keep1), keep2 = hn::Set(d, constants.keep2);
  const V epsilon = hn::Set(d, constants.epsilon);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V old = hn::LoadU(d, x + i);
    const V first = kFirst ? hn::LoadU(d, m + i) : hn::Zero(d);
    const V second = kSecond ? hn::LoadU(d, v + i) : hn::Zero(d);
    if (rule == UpdateRule::kMomentum) hn::StoreU(hn::MulAdd(move, first, old), d, x + i);
    if (rule == UpdateRule::kAdam) {
      const V step = hn::Div(hn::Mul(move, first), hn::Add(hn::Sqrt(second), epsilon));
      hn::StoreU(hn::Sub(old, step), d, x + i);
    }
    if (kFirst) hn::StoreU(hn::Mul(keep1, first), d, m + i);
    if (kSecond) hn::StoreU(hn::Mul(keep2, second), d, v + i);
  }
}

ZeroGradientKernel ZeroGradientKernelOf(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::kSgd:
    case UpdateRule::kAdaGrad:
      return nullptr;
    case UpdateRule::kMomentum:
      return ZeroGradient<UpdateRule::kMomentum>;
    case UpdateRule::kRmsProp:
      return ZeroGradient<UpdateRule::kRmsProp>;
    case UpdateRule::kAdam:
      return ZeroGradient<UpdateRule::kAdam>;
    case UpdateRule::kAdadelta:
      return ZeroGradient<UpdateRule::kAdadelta>;
  }
  return nullptr;
}

StepKernel KernelOf(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::kSgd:
      return StepAll<Sgd>;
    case UpdateRule::kMomentum:
      return StepAll<Momentum>;
    case UpdateRule::kAdaGrad:
      return StepAll<AdaGrad>;
    case UpdateRule::kRmsProp:
      return StepAll<RmsProp>;
    case UpdateRule::kAdam:
      return StepAll<Adam>;
    case UpdateRule::kAdadelta:
      return StepAll<Adadelta>;
  }
  return nullptr;
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(KernelOf);
HWY_EXPORT(ZeroGradientKernelOf);

StepKernel step_kernel(UpdateRule rule) { return HWY_DYNAMIC_DISPATCH(KernelOf)(rule); }
ZeroGradientKernel zero_gradient_kernel(UpdateRule rule) {
  return HWY_DYNAMIC_DISPATCH(ZeroGradientKernelOf)(rule);
}

namespace reference {
namespace {

template <UpdateRule rule>
void step_all(const StepConstants<float>& constants, float* x, const float* g, float* m, float* v,
              std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    Slot<float> slot{x[i], has_first_moment(rule) ? m[i] : 0, has_second_moment(rule) ? v[i] : 0};
    step(rule, constants, g[i], slot);
    x[i] = slot.x;
    if (has_first_moment(rule)) m[i] = slot.m;
    if (has_second_moment(rule)) v[i] = slot.v;
  }
}

}  // namespace

StepKernel step_kernel(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::kSgd:
      return step_all<UpdateRule::kSgd>;
    case UpdateRule::kMomentum:
      return step_all<UpdateRule::kMomentum>;
    case UpdateRule::kAdaGrad:
      return step_all<UpdateRule::kAdaGrad>;
    case UpdateRule::kRmsProp:
      return step_all<UpdateRule::kRmsProp>;
    case UpdateRule::kAdam:
      return step_all<UpdateRule::kAdam>;
    case UpdateRule::kAdadelta:
      return step_all<UpdateRule::kAdadelta>;
  }
  return nullptr;
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
