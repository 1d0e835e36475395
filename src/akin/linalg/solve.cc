#include "akin/linalg/solve.h"

#include "akin/base/error.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/solve.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "akin/linalg/outer-inl.h"

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// The same of one line within a block: a_j,c.. <- a_j,c.. - u_ij u_i,c.. from the vector with column j.
HWY_INLINE void EliminateLine(const float* line, std::size_t j, std::size_t end, float* target) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, line[j]);
  for (std::size_t c = j / lanes * lanes; c < end; c += lanes)
    hn::Store(hn::NegMulAdd(factor, hn::Load(d, line + c), hn::Load(d, target + c)), d, target + c);
}

/// The upper triangle of a becomes U, kOuterLines lines at a time: all lines above are eliminated from them
/// at once, then they from each other. `inverses` are those of U's diagonal. Entries left of the diagonal
/// that share its vector are overwritten too; nothing reads them.
void Factorize(float* a, std::size_t n, std::size_t stride, float* inverses) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), end = (n + lanes - 1) / lanes * lanes;
  float largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, a[i * stride + i]);
  const float floor = std::max(largest * 1e-6f, 1e-30f);
  for (std::size_t begin = 0; begin < n; begin += kOuterLines) {
    const std::size_t lines = std::min(kOuterLines, n - begin);
    if (begin > 0) OuterSomeLines<true>({a, a, begin, stride, a, stride}, begin, lines, end);
    for (std::size_t i = begin; i < begin + lines; ++i) {
      float* line = a + i * stride;
      const float pivot = line[i] < floor ? floor : line[i];
      inverses[i] = 1 / std::sqrt(pivot);
      line[i] = pivot;
      const V inverse = hn::Set(d, inverses[i]);
      for (std::size_t c = i / lanes * lanes; c < end; c += lanes)
        hn::Store(hn::Mul(inverse, hn::Load(d, line + c)), d, line + c);
      for (std::size_t j = i + 1; j < begin + lines; ++j) EliminateLine(line, j, end, a + j * stride);
    }
  }
}

/// b <- U^-1 U^-T b. Whole vectors: what lies left of the diagonal meets zeros of `x` on the way back, and
/// entries of `b` that are done with on the way forth.
void Substitute(const float* a, std::size_t n, std::size_t stride, const float* inverses, float* b,
                float* x) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), end = (n + lanes - 1) / lanes * lanes;
  for (std::size_t i = 0; i < n; ++i) {  // U^T z = b; z goes to x
    const float* line = a + i * stride;
    x[i] = b[i] * inverses[i];
    const V factor = hn::Set(d, x[i]);
    for (std::size_t c = i / lanes * lanes; c < end; c += lanes)
      hn::StoreU(hn::NegMulAdd(factor, hn::Load(d, line + c), hn::LoadU(d, b + c)), d, b + c);
  }
  for (std::size_t i = 0; i < end; ++i) b[i] = 0;
  for (std::size_t i = n; i-- > 0;) {  // U x = z; x grows in b from its end
    const float* line = a + i * stride;
    V sum = hn::Zero(d);
    for (std::size_t c = i / lanes * lanes; c < end; c += lanes)
      sum = hn::MulAdd(hn::Load(d, line + c), hn::LoadU(d, b + c), sum);
    b[i] = (x[i] - hn::GetLane(hn::SumOfLanes(d, sum))) * inverses[i];
  }
}

/// `b` may be shorter than whole vectors.
void CholeskySolve(float* a, std::size_t n, std::size_t stride, float* b) {
  constexpr std::size_t kSmall = 512;
  float small[3 * kSmall];
  std::vector<float> large;
  const std::size_t room = padded(n);
  float* scratch = small;
  if (room > kSmall) {
    large.resize(3 * room);
    scratch = large.data();
  }
  float *inverses = scratch, *x = scratch + room, *rest = scratch + 2 * room;
  Factorize(a, n, stride, inverses);
  std::copy_n(b, n, rest);
  std::fill(rest + n, rest + room, 0.0f);
  Substitute(a, n, stride, inverses, rest, x);
  std::copy_n(rest, n, b);
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(CholeskySolve);

void cholesky_solve(Matrix& a, float* b) { cholesky_solve(a, a.rows(), b); }

void cholesky_solve(Matrix& a, std::size_t n, float* b) {
  AKIN_ASSERT(n <= a.rows() && n <= a.cols());
  HWY_DYNAMIC_DISPATCH(CholeskySolve)(a.data(), n, a.stride(), b);
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
