#include "akin/models/implicit/als_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in linalg/kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/implicit/als_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace akin::als::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

float CgStart(const CgVectors& v) {
  const D d;
  auto sum = hn::Zero(d);
  for (std::size_t k = 0; k < v.size; k += hn::Lanes(d)) {
    const auto residual = hn::Load(d, v.residual + k);
    const auto direction = hn::Mul(residual, hn::Load(d, v.preconditioner + k));
    hn::Store(direction, d, v.direction + k);
    sum = hn::MulAdd(residual, direction, sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

float CgMove(const CgVectors& v, float length) {
  const D d;
  const auto step = hn::Set(d, length);
  auto sum = hn::Zero(d);
  for (std::size_t k = 0; k < v.size; k += hn::Lanes(d)) {
    hn::Store(hn::MulAdd(step, hn::Load(d, v.direction + k), hn::Load(d, v.x + k)), d, v.x + k);
    const auto residual = hn::NegMulAdd(step, hn::Load(d, v.image + k), hn::Load(d, v.residual + k));
    hn::Store(residual, d, v.residual + k);
    sum = hn::MulAdd(hn::Mul(residual, residual), hn::Load(d, v.preconditioner + k), sum);
  }
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

void CgTurn(const CgVectors& v, float keep) {
  const D d;
  const auto kept = hn::Set(d, keep);
  for (std::size_t k = 0; k < v.size; k += hn::Lanes(d)) {
    const auto down = hn::Mul(hn::Load(d, v.residual + k), hn::Load(d, v.preconditioner + k));
    hn::Store(hn::MulAdd(kept, hn::Load(d, v.direction + k), down), d, v.direction + k);
  }
}

void Diagonals(const CgDiagonals& v, float ridge, float weight) {
  const D d;
  const auto shift = hn::Set(d, ridge), factor = hn::Set(d, weight), one = hn::Set(d, 1.0f);
  for (std::size_t k = 0; k < v.size; k += hn::Lanes(d)) {
    const auto shifted = hn::Add(hn::LoadU(d, v.gram + k), shift);
    hn::Store(shifted, d, v.shifted + k);
    const auto sum = hn::MulAdd(factor, hn::LoadU(d, v.spread + k), shifted);
    hn::Store(hn::Div(one, hn::Add(sum, hn::Set(d, 1e-30f))), d, v.preconditioner + k);
  }
}

void InverseRoots(const float* diagonal, float ridge, float floor, float* out, std::size_t n) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const auto sum = hn::Max(hn::Add(hn::LoadU(d, diagonal + k), hn::Set(d, ridge)), hn::Set(d, floor));
    hn::Store(hn::Div(hn::Set(d, 1.0f), hn::Sqrt(sum)), d, out + k);
  }
}

float Weigh(std::span<const float> values, float alpha, float* weights, float* confidences) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), n = values.size();
  const auto factor = hn::Set(d, alpha), one = hn::Set(d, 1.0f);
  auto sum = hn::Zero(d);
  std::size_t k = 0;
  for (; k + lanes <= n; k += lanes) {
    const auto weight = hn::Mul(factor, hn::LoadU(d, values.data() + k));
    hn::StoreU(weight, d, weights + k);
    hn::StoreU(hn::Add(weight, one), d, confidences + k);
    sum = hn::Add(sum, weight);
  }
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; k < n; ++k) {
    weights[k] = alpha * values[k];
    confidences[k] = weights[k] + 1;
    total += weights[k];
  }
  return total;
}

void ScaledBy(const float* diagonal, const float* x, float factor, float* out, std::size_t size) {
  const D d;
  const auto scale = hn::Set(d, factor);
  for (std::size_t k = 0; k < size; k += hn::Lanes(d))
    hn::Store(hn::Mul(hn::Mul(scale, hn::LoadU(d, diagonal + k)), hn::Load(d, x + k)), d, out + k);
}

}  // namespace akin::als::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin::als {

HWY_EXPORT(CgStart);
HWY_EXPORT(CgMove);
HWY_EXPORT(CgTurn);
HWY_EXPORT(Diagonals);
HWY_EXPORT(InverseRoots);
HWY_EXPORT(Weigh);
HWY_EXPORT(ScaledBy);

float cg_start(const CgVectors& v) { return HWY_DYNAMIC_DISPATCH(CgStart)(v); }
float cg_move(const CgVectors& v, float length) { return HWY_DYNAMIC_DISPATCH(CgMove)(v, length); }
void cg_turn(const CgVectors& v, float keep) { HWY_DYNAMIC_DISPATCH(CgTurn)(v, keep); }
void cg_diagonals(const CgDiagonals& d, float ridge, float weight) {
  HWY_DYNAMIC_DISPATCH(Diagonals)(d, ridge, weight);
}
void inverse_roots(const float* d, float ridge, float floor, float* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(InverseRoots)(d, ridge, floor, out, n);
}
float weigh(std::span<const float> values, float alpha, float* weights, float* confidences) {
  return HWY_DYNAMIC_DISPATCH(Weigh)(values, alpha, weights, confidences);
}
void scaled_by(const float* d, const float* x, float factor, float* out, std::size_t size) {
  HWY_DYNAMIC_DISPATCH(ScaledBy)(d, x, factor, out, size);
}

}  // namespace akin::als
#endif  // HWY_ONCE
