// The kernels over rows that lie anywhere: see kernels.h.
#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/panel.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/gather.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "akin/linalg/scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {

/// Eight or four rows of a gather, the missing ones with a factor of zero.
struct GatherBlock {
  const float* rows[8];
  float factors[8];
};

/// Rows k .. k + 7 of the gather, the last one again where there are no more. Rows lie anywhere: with kAhead
/// the next eight are asked for while these are computed.
template <std::size_t kStride, bool kAhead>
HWY_INLINE void FindRows(const Matrix& matrix, std::span<const idx_t> which, std::size_t k,
                         GatherBlock& block) {
  const std::size_t stride = kStride > 0 ? kStride : matrix.stride(), last = which.size() - 1;
  const float* data = matrix.data();
  for (std::size_t r = 0; r < 8; ++r) {
    block.rows[r] = data + which[std::min(k + r, last)] * stride;
    if (!kAhead) continue;
    const float* next = data + which[std::min(k + r + 8, last)] * stride;
    for (std::size_t c = 0; c < stride; c += 16) hwy::Prefetch(next + c);
  }
}

/// products_r <- row_r . x, all side by side.
template <std::size_t kRows, std::size_t kStride>
HWY_INLINE void GatherProducts(const GatherBlock& block, const float* x, std::size_t any_stride,
                               float* products) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), stride = kStride > 0 ? kStride : any_stride;
  V sums[kRows];
  for (std::size_t r = 0; r < kRows; ++r) sums[r] = hn::Zero(d);
  for (std::size_t c = 0; c < stride; c += lanes) {
    const V xs = hn::Load(d, x + c);
    for (std::size_t r = 0; r < kRows; ++r) sums[r] = hn::MulAdd(hn::Load(d, block.rows[r] + c), xs, sums[r]);
  }
  for (std::size_t r = 0; r < kRows; r += 4)
    StoreSums(sums[r], sums[r + 1], sums[r + 2], sums[r + 3], products + r);
}

/// out <- out + sum_r factors_r row_r: out is loaded and stored once for all rows.
template <std::size_t kRows, std::size_t kStride>
HWY_INLINE void GatherAdd(const GatherBlock& block, std::size_t any_stride, float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), stride = kStride > 0 ? kStride : any_stride;
  V factors[kRows];
  for (std::size_t r = 0; r < kRows; ++r) factors[r] = hn::Set(d, block.factors[r]);
  for (std::size_t c = 0; c < stride; c += lanes) {
    V even = hn::Load(d, out + c), odd = hn::Zero(d);
    for (std::size_t r = 0; r < kRows; r += 2) {
      even = hn::MulAdd(factors[r], hn::Load(d, block.rows[r] + c), even);
      odd = hn::MulAdd(factors[r + 1], hn::Load(d, block.rows[r + 1] + c), odd);
    }
    hn::Store(hn::Add(even, odd), d, out + c);
  }
}

template <std::size_t kStride>
void MultiplyPass(const Matrix& matrix, const RowTerms& terms, const float* x, float* out) {
  const std::size_t n = terms.rows.size(), stride = matrix.stride();
  const bool weighted = !terms.weights.empty(), constant = !terms.constants.empty();
  for (std::size_t k = 0; k < n; k += 8) {
    const std::size_t rows = std::min<std::size_t>(8, n - k);
    GatherBlock block;
    FindRows<kStride, true>(matrix, terms.rows, k, block);
    float products[8] = {};
    if (weighted && rows > 4) GatherProducts<8, kStride>(block, x, stride, products);
    if (weighted && rows <= 4) GatherProducts<4, kStride>(block, x, stride, products);
    for (std::size_t r = 0; r < 8; ++r) block.factors[r] = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      if (constant) block.factors[r] = terms.constants[k + r];
      if (weighted) block.factors[r] += terms.weights[k + r] * products[r];
    }
    if (rows > 4) GatherAdd<8, kStride>(block, stride, out);
    if (rows <= 4) GatherAdd<4, kStride>(block, stride, out);
  }
}

template <std::size_t kStride, bool kAhead>
float EnergyPass(const Matrix& matrix, const RowTerms& terms, const float* x) {
  const std::size_t n = terms.rows.size(), stride = matrix.stride();
  float energy[8] = {};
  for (std::size_t k = 0; k < n; k += 8) {
    const std::size_t rows = std::min<std::size_t>(8, n - k);
    GatherBlock block;
    FindRows<kStride, kAhead>(matrix, terms.rows, k, block);
    float products[8];
    GatherProducts<8, kStride>(block, x, stride, products);
    for (std::size_t r = 0; r < rows; ++r) energy[r] += terms.weights[k + r] * products[r] * products[r];
  }
  return ((energy[0] + energy[1]) + (energy[2] + energy[3])) +
         ((energy[4] + energy[5]) + (energy[6] + energy[7]));
}

// The usual lengths are known to the compiler, which then has no short loops to keep count of.
void GatherMultiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out) {
  switch (matrix.stride()) {
    case 32:
      return MultiplyPass<32>(matrix, terms, x, out);
    case 64:
      return MultiplyPass<64>(matrix, terms, x, out);
    case 128:
      return MultiplyPass<128>(matrix, terms, x, out);
    default:
      return MultiplyPass<0>(matrix, terms, x, out);
  }
}

float GatherEnergy(const Matrix& matrix, const RowTerms& terms, const float* x) {
  const std::size_t stride = matrix.stride();
  // What another pass has just read is still in the L2 cache, unless there is too much of it.
  const bool ahead = terms.rows.size() * stride > 48 * 1024;
  if (stride == 64)
    return ahead ? EnergyPass<64, true>(matrix, terms, x) : EnergyPass<64, false>(matrix, terms, x);
  if (stride == 128)
    return ahead ? EnergyPass<128, true>(matrix, terms, x) : EnergyPass<128, false>(matrix, terms, x);
  return ahead ? EnergyPass<0, true>(matrix, terms, x) : EnergyPass<0, false>(matrix, terms, x);
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(GatherMultiply);
HWY_EXPORT(GatherEnergy);

void gather_multiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out) {
  AKIN_ASSERT(terms.constants.empty() || terms.constants.size() == terms.rows.size());
  AKIN_ASSERT(terms.weights.empty() || terms.weights.size() == terms.rows.size());
  if (!terms.rows.empty()) HWY_DYNAMIC_DISPATCH(GatherMultiply)(matrix, terms, x, out);
}

float gather_energy(const Matrix& matrix, const RowTerms& terms, const float* x) {
  AKIN_ASSERT(terms.weights.size() == terms.rows.size());
  if (terms.rows.empty()) return 0;
  return HWY_DYNAMIC_DISPATCH(GatherEnergy)(matrix, terms, x);
}

void gather_gram(const Matrix& matrix, const RowTerms& terms, Matrix& out) {
  AKIN_ASSERT(terms.weights.size() == terms.rows.size() && out.stride() == matrix.stride());
  constexpr std::size_t kRows = 64;
  const std::size_t n = terms.rows.size();
  Matrix left(std::min(kRows, n), matrix.cols()), right(left.rows(), matrix.cols());
  for (std::size_t begin = 0; begin < n; begin += kRows) {
    const std::size_t rows = std::min(kRows, n - begin);
    const auto which = terms.rows.subspan(begin, rows);
    gather_rows(matrix, {which, terms.weights.subspan(begin, rows), {}}, left);
    gather_rows(matrix, {which, {}, {}}, right);
    add_outer(Panel(left, 0, rows), right.data(), out);
  }
}

namespace reference {

void gather_multiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out) {
  for (std::size_t k = 0; k < terms.rows.size(); ++k) {
    const float* row = matrix.row(terms.rows[k]);
    float factor = terms.constants.empty() ? 0 : terms.constants[k];
    if (!terms.weights.empty()) factor += terms.weights[k] * dot(row, x, matrix.cols());
    axpy(factor, row, out, matrix.cols());
  }
}

float gather_energy(const Matrix& matrix, const RowTerms& terms, const float* x) {
  double sum = 0;
  for (std::size_t k = 0; k < terms.rows.size(); ++k) {
    const double product = dot(matrix.row(terms.rows[k]), x, matrix.cols());
    sum += terms.weights[k] * product * product;
  }
  return static_cast<float>(sum);
}

void gather_gram(const Matrix& matrix, const RowTerms& terms, Matrix& out) {
  for (std::size_t k = 0; k < terms.rows.size(); ++k) {
    const auto row = matrix[terms.rows[k]];
    for (std::size_t i = 0; i < matrix.cols(); ++i) {
      for (std::size_t j = i; j < matrix.cols(); ++j) out[i][j] += terms.weights[k] * row[i] * row[j];
    }
  }
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
