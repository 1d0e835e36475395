#include "akin/linalg/solve.h"

#include "akin/linalg/kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/solve.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// a_i,c.. <- a_i,c.. - sum over k < i of u_ki u_k,c.. for kVectors vectors from column c, held in registers.
template <std::size_t kVectors>
HWY_INLINE void Eliminate(float* a, std::size_t stride, std::size_t i, std::size_t c) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::Load(d, a + i * stride + c + v * lanes);
  for (std::size_t k = 0; k < i; ++k) {
    const V factor = hn::Set(d, a[k * stride + i]);
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[v] = hn::NegMulAdd(factor, hn::Load(d, a + k * stride + c + v * lanes), sums[v]);
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums[v], d, a + i * stride + c + v * lanes);
}

/// The upper triangle of a becomes U, row by row. Entries left of the diagonal that share its vector are
/// overwritten too; nothing reads them.
void Factorize(float* a, std::size_t n, std::size_t stride) {
  const std::size_t lanes = hn::Lanes(D());
  float largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, a[i * stride + i]);
  const float floor = std::max(largest * 1e-6f, 1e-30f);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t c = i / lanes * lanes;
    for (; c + 4 * lanes <= stride; c += 4 * lanes) Eliminate<4>(a, stride, i, c);
    for (; c < stride; c += lanes) Eliminate<1>(a, stride, i, c);
    float& pivot = a[i * stride + i];
    if (pivot < floor) pivot = floor;
    const float inverse = 1 / std::sqrt(pivot);
    for (std::size_t j = i; j < n; ++j) a[i * stride + j] *= inverse;
  }
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(Factorize);

void cholesky_solve(Matrix& a, float* b) {
  const std::size_t n = a.rows();
  HWY_DYNAMIC_DISPATCH(Factorize)(a.data(), n, a.stride());
  for (std::size_t i = 0; i < n; ++i) {  // U^T z = b
    b[i] /= a[i][i];
    axpy(-b[i], a.row(i) + i + 1, b + i + 1, n - i - 1);
  }
  for (std::size_t i = n; i-- > 0;) {  // U x = z
    b[i] = (b[i] - dot(a.row(i) + i + 1, b + i + 1, n - i - 1)) / a[i][i];
  }
}

namespace reference {

void cholesky_solve(const Matrix& a, float* b) {
  const std::size_t n = a.rows();
  std::vector<double> m(n * n), x(b, b + n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) m[i * n + j] = a[std::min(i, j)][std::max(i, j)];
  }
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = m[i * n + k] / m[k * n + k];
      for (std::size_t j = k; j < n; ++j) m[i * n + j] -= factor * m[k * n + j];
      x[i] -= factor * x[k];
    }
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = i + 1; j < n; ++j) x[i] -= m[i * n + j] * x[j];
    x[i] /= m[i * n + i];
  }
  std::ranges::transform(x, b, [](double value) { return static_cast<float>(value); });
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
