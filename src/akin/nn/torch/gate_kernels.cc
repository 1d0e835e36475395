#include "akin/nn/torch/gate_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nn/torch/gate_kernels.cc"
// In this order: what follows foreach_target.h is compiled for each target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace akin::nn::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
hn::Vec<D> Sigmoid(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(x))));
}

/// sign(x) (1 - 2 / (e^2|x| + 1)): good to 1e-7, which is what gates need.
template <class D>
hn::Vec<D> TanH(D d, hn::Vec<D> x) {
  const auto one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  const auto size = hn::Abs(x);
  const auto grown = hn::Exp(d, hn::Add(size, size));
  return hn::CopySign(hn::Sub(one, hn::Div(two, hn::Add(grown, one))), x);
}

template <class D>
hn::Vec<D> Gate(D d, bool hard, hn::Vec<D> x) {
  if (!hard) return Sigmoid(d, x);
  const auto line = hn::MulAdd(x, hn::Set(d, 0.2f), hn::Set(d, 0.5f));
  return hn::Min(hn::Set(d, 1.0f), hn::Max(hn::Zero(d), line));
}

/// The gate's slope, by its value y.
template <class D>
hn::Vec<D> GateSlope(D d, bool hard, hn::Vec<D> y) {
  const auto one = hn::Set(d, 1.0f);
  if (!hard) return hn::Mul(y, hn::Sub(one, y));
  const auto inside = hn::And(hn::Gt(y, hn::Zero(d)), hn::Lt(y, one));
  return hn::IfThenElseZero(inside, hn::Set(d, 0.2f));
}

template <class D>
hn::Vec<D> TanHSlope(D d, hn::Vec<D> y) {
  return hn::NegMulAdd(y, y, hn::Set(d, 1.0f));
}

/// Calls work(tag, row, unit) for whole vectors of a row's units, then one by one for the rest.
template <class Work>
void ForUnits(const GateStep& step, Work work) {
  const hn::ScalableTag<float> whole;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(whole);
  for (std::size_t row = 0; row < step.rows; ++row) {
    std::size_t unit = 0;
    for (; unit + lanes <= step.width; unit += lanes) work(whole, row, unit);
    for (; unit < step.width; ++unit) work(single, row, unit);
  }
}

void LstmForward(const GateStep& step, float* gates, const float* c_before, float* c, float* h) {
  const std::size_t width = step.width;
  ForUnits(step, [&](auto d, std::size_t row, std::size_t unit) {
    float* const z = gates + row * 4 * width + unit;
    const std::size_t at = row * width + unit;
    const auto update = Gate(d, step.hard, hn::LoadU(d, z));
    const auto forget = Gate(d, step.hard, hn::LoadU(d, z + width));
    const auto fresh = TanH(d, hn::LoadU(d, z + 2 * width));
    const auto output = Gate(d, step.hard, hn::LoadU(d, z + 3 * width));
    const auto state = hn::MulAdd(forget, hn::LoadU(d, c_before + at), hn::Mul(update, fresh));
    hn::StoreU(update, d, z);
    hn::StoreU(forget, d, z + width);
    hn::StoreU(fresh, d, z + 2 * width);
    hn::StoreU(output, d, z + 3 * width);
    hn::StoreU(state, d, c + at);
    hn::StoreU(hn::Mul(output, TanH(d, state)), d, h + at);
  });
}

void LstmBackward(const GateStep& step, const float* gates, const float* c_before, const float* c,
                  const float* dh, float* dc, float* d_gates) {
  const std::size_t width = step.width;
  ForUnits(step, [&](auto d, std::size_t row, std::size_t unit) {
    const float* const y = gates + row * 4 * width + unit;
    float* const dz = d_gates + row * 4 * width + unit;
    const std::size_t at = row * width + unit;
    const auto update = hn::LoadU(d, y), forget = hn::LoadU(d, y + width);
    const auto fresh = hn::LoadU(d, y + 2 * width), output = hn::LoadU(d, y + 3 * width);
    const auto shown = TanH(d, hn::LoadU(d, c + at)), by_h = hn::LoadU(d, dh + at);
    const auto by_c = hn::MulAdd(hn::Mul(by_h, output), TanHSlope(d, shown), hn::LoadU(d, dc + at));
    const auto gate = [&](auto gradient, auto value) {
      return hn::Mul(gradient, GateSlope(d, step.hard, value));
    };
    hn::StoreU(gate(hn::Mul(by_c, fresh), update), d, dz);
    hn::StoreU(gate(hn::Mul(by_c, hn::LoadU(d, c_before + at)), forget), d, dz + width);
    hn::StoreU(hn::Mul(hn::Mul(by_c, update), TanHSlope(d, fresh)), d, dz + 2 * width);
    hn::StoreU(gate(hn::Mul(by_h, shown), output), d, dz + 3 * width);
    hn::StoreU(hn::Mul(by_c, forget), d, dc + at);
  });
}

void GruForwardGates(const GateStep& step, float* gates, const float* h_before, float* reset_h) {
  const std::size_t width = step.width;
  ForUnits(step, [&](auto d, std::size_t row, std::size_t unit) {
    float* const z = gates + row * 3 * width + unit;
    const std::size_t at = row * width + unit;
    const auto reset = Gate(d, step.hard, hn::LoadU(d, z + width));
    hn::StoreU(Gate(d, step.hard, hn::LoadU(d, z)), d, z);
    hn::StoreU(reset, d, z + width);
    hn::StoreU(hn::Mul(reset, hn::LoadU(d, h_before + at)), d, reset_h + at);
  });
}

void GruForwardState(const GateStep& step, float* gates, const float* h_before, float* h) {
  const std::size_t width = step.width;
  ForUnits(step, [&](auto d, std::size_t row, std::size_t unit) {
    float* const z = gates + row * 3 * width + unit;
    const std::size_t at = row * width + unit;
    const auto update = hn::LoadU(d, z), fresh = TanH(d, hn::LoadU(d, z + 2 * width));
    hn::StoreU(fresh, d, z + 2 * width);
    const auto difference = hn::Sub(hn::LoadU(d, h_before + at), fresh);
    hn::StoreU(hn::MulAdd(update, difference, fresh), d, h + at);
  });
}

void GruBackwardState(const GateStep& step, const float* gates, const float* h_before, float* dh,
                      float* d_gates) {
  const std::size_t width = step.width;
  ForUnits(step, [&](auto d, std::size_t row, std::size_t unit) {
    const float* const y = gates + row * 3 * width + unit;
    float* const dz = d_gates + row * 3 * width + unit;
    const std::size_t at = row * width + unit;
    const auto update = hn::LoadU(d, y), fresh = hn::LoadU(d, y + 2 * width);
    const auto by_h = hn::LoadU(d, dh + at);
    const auto by_update = hn::Mul(by_h, hn::Sub(hn::LoadU(d, h_before + at), fresh));
    const auto by_fresh = hn::Mul(by_h, hn::Sub(hn::Set(d, 1.0f), update));
    hn::StoreU(hn::Mul(by_update, GateSlope(d, step.hard, update)), d, dz);
    hn::StoreU(hn::Mul(by_fresh, TanHSlope(d, fresh)), d, dz + 2 * width);
    hn::StoreU(hn::Mul(by_h, update), d, dh + at);
  });
}

void GruBackwardGates(const GateStep& step, const float* gates, const float* h_before, const float* d_reset_h,
                      float* dh, float* d_gates) {
  const std::size_t width = step.width;
  ForUnits(step, [&](auto d, std::size_t row, std::size_t unit) {
    const std::size_t at = row * width + unit;
    const auto reset = hn::LoadU(d, gates + row * 3 * width + width + unit);
    const auto by_product = hn::LoadU(d, d_reset_h + at);
    const auto by_reset = hn::Mul(by_product, hn::LoadU(d, h_before + at));
    hn::StoreU(hn::Mul(by_reset, GateSlope(d, step.hard, reset)), d,
               d_gates + row * 3 * width + width + unit);
    hn::StoreU(hn::MulAdd(by_product, reset, hn::LoadU(d, dh + at)), d, dh + at);
  });
}

}  // namespace akin::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::nn {

HWY_EXPORT(LstmForward);
HWY_EXPORT(LstmBackward);
HWY_EXPORT(GruForwardGates);
HWY_EXPORT(GruForwardState);
HWY_EXPORT(GruBackwardState);
HWY_EXPORT(GruBackwardGates);

void lstm_forward(const GateStep& step, float* gates, const float* c_before, float* c, float* h) {
  HWY_DYNAMIC_DISPATCH(LstmForward)(step, gates, c_before, c, h);
}
void lstm_backward(const GateStep& step, const float* gates, const float* c_before, const float* c,
                   const float* dh, float* dc, float* d_gates) {
  HWY_DYNAMIC_DISPATCH(LstmBackward)(step, gates, c_before, c, dh, dc, d_gates);
}
void gru_forward_gates(const GateStep& step, float* gates, const float* h_before, float* reset_h) {
  HWY_DYNAMIC_DISPATCH(GruForwardGates)(step, gates, h_before, reset_h);
}
void gru_forward_state(const GateStep& step, float* gates, const float* h_before, float* h) {
  HWY_DYNAMIC_DISPATCH(GruForwardState)(step, gates, h_before, h);
}
void gru_backward_state(const GateStep& step, const float* gates, const float* h_before, float* dh,
                        float* d_gates) {
  HWY_DYNAMIC_DISPATCH(GruBackwardState)(step, gates, h_before, dh, d_gates);
}
void gru_backward_gates(const GateStep& step, const float* gates, const float* h_before,
                        const float* d_reset_h, float* dh, float* d_gates) {
  HWY_DYNAMIC_DISPATCH(GruBackwardGates)(step, gates, h_before, d_reset_h, dh, d_gates);
}

}  // namespace akin::nn
#endif  // HWY_ONCE
