#include "akin/nets/pairs/ncf_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/nets/pairs/ncf_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
}  // namespace

float TripleDot(const float* h, const float* p, const float* q, std::size_t n) {
  const D d;
  V sum = hn::Zero(d);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d))
    sum = hn::MulAdd(hn::Mul(hn::Load(d, h + k), hn::Load(d, p + k)), hn::Load(d, q + k), sum);
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

void TripleGradient(float dy, const float* h, const float* p, const float* q, std::size_t n, float* dp,
                    float* dq, float* dh) {
  const D d;
  const V factor = hn::Set(d, dy);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const V weights = hn::Mul(factor, hn::Load(d, h + k)), user = hn::Load(d, p + k),
            item = hn::Load(d, q + k);
    hn::Store(hn::Mul(weights, item), d, dp + k);
    hn::Store(hn::Mul(weights, user), d, dq + k);
    if (dh != nullptr) hn::Store(hn::MulAdd(hn::Mul(factor, user), item, hn::Load(d, dh + k)), d, dh + k);
  }
}

void Relu(float* x, std::size_t n) {
  const D d;
  const V zero = hn::Zero(d);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) hn::Store(hn::Max(zero, hn::Load(d, x + k)), d, x + k);
}

void ReluGradient(const float* x, float* dx, std::size_t n) {
  const D d;
  const V zero = hn::Zero(d);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d))
    hn::Store(hn::IfThenElseZero(hn::Gt(hn::Load(d, x + k), zero), hn::Load(d, dx + k)), d, dx + k);
}

void Outer(const float* factors, std::size_t rows, const float* row, std::size_t n, float* out) {
  const D d;
  for (std::size_t s = 0; s < rows; ++s) {
    const V factor = hn::Set(d, factors[s]);
    for (std::size_t k = 0; k < n; k += hn::Lanes(d))
      hn::Store(hn::Mul(factor, hn::Load(d, row + k)), d, out + s * n + k);
  }
}

void AddRows(const float* x, std::size_t rows, std::size_t n, float* row) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    V sum = hn::Load(d, row + k);
    for (std::size_t s = 0; s < rows; ++s) sum = hn::Add(sum, hn::Load(d, x + s * n + k));
    hn::Store(sum, d, row + k);
  }
}

void MultiplyEntries(const float* y, std::size_t n, float* x) {
  const D d;
  for (std::size_t k = 0; k < n; k += hn::Lanes(d))
    hn::Store(hn::Mul(hn::Load(d, y + k), hn::Load(d, x + k)), d, x + k);
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(TripleDot);
HWY_EXPORT(TripleGradient);
HWY_EXPORT(Relu);
HWY_EXPORT(ReluGradient);
HWY_EXPORT(Outer);
HWY_EXPORT(AddRows);
HWY_EXPORT(MultiplyEntries);

float triple_dot(const float* h, const float* p, const float* q, std::size_t n) {
  return HWY_DYNAMIC_DISPATCH(TripleDot)(h, p, q, n);
}
void triple_gradient(float dy, const float* h, const float* p, const float* q, std::size_t n, float* dp,
                     float* dq, float* dh) {
  HWY_DYNAMIC_DISPATCH(TripleGradient)(dy, h, p, q, n, dp, dq, dh);
}
void relu(std::size_t rows, Matrix& x) { HWY_DYNAMIC_DISPATCH(Relu)(x.data(), rows * x.stride()); }
void relu_gradient(std::size_t rows, const Matrix& x, Matrix& dx) {
  HWY_DYNAMIC_DISPATCH(ReluGradient)(x.data(), dx.data(), rows * x.stride());
}
void outer(std::span<const float> factors, const float* row, Matrix& out) {
  HWY_DYNAMIC_DISPATCH(Outer)(factors.data(), factors.size(), row, out.stride(), out.data());
}
void add_rows(std::size_t rows, const Matrix& x, float* row) {
  HWY_DYNAMIC_DISPATCH(AddRows)(x.data(), rows, x.stride(), row);
}
void multiply_entries(std::size_t rows, const Matrix& y, Matrix& x) {
  HWY_DYNAMIC_DISPATCH(MultiplyEntries)(y.data(), rows * x.stride(), x.data());
}

}  // namespace akin
#endif
