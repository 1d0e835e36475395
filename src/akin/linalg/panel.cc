#include "akin/linalg/panel.h"

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/panel.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "akin/linalg/outer-inl.h"
#include "akin/linalg/scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {

void GatherRows(const Matrix& matrix, const Gather& gather, Matrix& panel) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), stride = matrix.stride(), n = gather.which.size();
  constexpr std::size_t kAhead = 8;  // rows asked for before they are needed: they lie anywhere
  for (std::size_t k = 0; k < n; ++k) {
    const float* row = matrix.row(gather.which[k]);
    const float* ahead = matrix.row(gather.which[std::min(k + kAhead, n - 1)]);
    float* out = panel.row(k);
    const V scale = hn::Set(d, gather.scales.empty() ? 1.0f : gather.scales[k]);
    for (std::size_t c = 0; c < stride; c += 16) hwy::Prefetch(ahead + c);
    if (gather.columns.empty()) {
      for (std::size_t c = 0; c < stride; c += lanes)
        hn::Store(hn::Mul(scale, hn::Load(d, row + c)), d, out + c);
    } else {
      const float* columns = gather.columns.data();
      for (std::size_t c = 0; c < stride; c += lanes)
        hn::Store(hn::Mul(hn::Mul(scale, hn::LoadU(d, columns + c)), hn::Load(d, row + c)), d, out + c);
    }
  }
}

void AddOuter(const Panel& panel, const float* left, Matrix& out) {
  const std::size_t lanes = hn::Lanes(D());
  const std::size_t end = (panel.cols + lanes - 1) / lanes * lanes;
  // As many rows at a time as half of the L1 cache holds of both sides.
  const std::size_t chunk = std::max<std::size_t>(16, 4096 / panel.stride);
  for (std::size_t k = 0; k < panel.rows; k += chunk) {
    const Outer outer{left + k * panel.stride,
                      panel.data + k * panel.stride,
                      std::min(chunk, panel.rows - k),
                      panel.stride,
                      out.data(),
                      out.stride()};
    for (std::size_t i = 0; i < panel.cols; i += kOuterLines)
      OuterSomeLines<false>(outer, i, std::min(kOuterLines, panel.cols - i), end);
  }
}

/// Three lines by four columns at a time.
void UpperProducts(const Matrix& panel, std::size_t n, Matrix& out) {
  const std::size_t stride = panel.stride(), out_stride = out.stride(), end = (n + 15) / 16 * 16;
  for (std::size_t i = 0; i < n; i += 3) {
    const std::size_t first = i / 4 * 4;
    for (std::size_t l = 0; l < 3; ++l) std::fill(out.row(i + l) + i / 16 * 16, out.row(i + l) + first, 0.0f);
    std::size_t j = first;
    for (; j < n; j += 4) ScoreBlock<4, 3>(panel.row(j), panel.row(i), stride, out.row(i) + j, out_stride);
    for (std::size_t l = 0; l < 3; ++l)
      std::fill(out.row(i + l) + j, out.row(i + l) + std::max(j, end), 0.0f);
  }
}

void SubtractProducts(const Panel& panel, const float* x, float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), end = padded(panel.cols);
  for (std::size_t k = 0; k < panel.rows; k += 4) {
    const std::size_t last = panel.rows - 1;
    const float* row[4];
    for (std::size_t r = 0; r < 4; ++r) row[r] = panel.data + std::min(k + r, last) * panel.stride;
    V sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (std::size_t c = 0; c < end; c += lanes) {
      const V xs = hn::LoadU(d, x + c);
      for (std::size_t r = 0; r < 4; ++r) sums[r] = hn::MulAdd(hn::Load(d, row[r] + c), xs, sums[r]);
    }
    float products[4];
    StoreSums(sums[0], sums[1], sums[2], sums[3], products);
    for (std::size_t r = 0; r < std::min<std::size_t>(4, panel.rows - k); ++r) out[k + r] -= products[r];
  }
}

/// kVectors vectors of out at once stay in registers over all rows.
template <std::size_t kVectors>
HWY_INLINE void WeightedSumBlock(const float* rows, std::size_t n, std::size_t stride, const float* weights,
                                 float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::LoadU(d, out + v * lanes);
  for (std::size_t r = 0; r < n; ++r) {
    const V weight = hn::Set(d, weights[r]);
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[v] = hn::MulAdd(weight, hn::Load(d, rows + r * stride + v * lanes), sums[v]);
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, out + v * lanes);
}

void WeightedSum(const Panel& panel, const float* weights, float* out) {
  const std::size_t lanes = hn::Lanes(D()), n = panel.rows, stride = panel.stride, end = padded(panel.cols);
  const float* rows = panel.data;
  std::size_t c = 0;
  for (; c + 8 * lanes <= end; c += 8 * lanes) WeightedSumBlock<8>(rows + c, n, stride, weights, out + c);
  for (; c + 2 * lanes <= end; c += 2 * lanes) WeightedSumBlock<2>(rows + c, n, stride, weights, out + c);
  for (; c < end; c += lanes) WeightedSumBlock<1>(rows + c, n, stride, weights, out + c);
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(GatherRows);
HWY_EXPORT(AddOuter);
HWY_EXPORT(UpperProducts);
HWY_EXPORT(SubtractProducts);
HWY_EXPORT(WeightedSum);

void gather_rows(const Matrix& matrix, const Gather& gather, Matrix& panel) {
  AKIN_ASSERT(panel.stride() == matrix.stride() && panel.rows() >= gather.which.size());
  HWY_DYNAMIC_DISPATCH(GatherRows)(matrix, gather, panel);
}

void add_outer(const Panel& panel, const float* left, Matrix& out) {
  HWY_DYNAMIC_DISPATCH(AddOuter)(panel, left, out);
}

void upper_products(const Matrix& panel, std::size_t n, Matrix& out) {
  AKIN_ASSERT(panel.rows() >= n + 3 && out.rows() >= n + 3 && out.stride() >= padded(n + 3));
  HWY_DYNAMIC_DISPATCH(UpperProducts)(panel, n, out);
}

void subtract_products(const Panel& panel, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(SubtractProducts)(panel, x, out);
}

void weighted_sum(const Panel& panel, const float* weights, float* out) {
  HWY_DYNAMIC_DISPATCH(WeightedSum)(panel, weights, out);
}

void rotate_rows(const Matrix& basis, std::span<const idx_t> which, Matrix& rows) {
  constexpr std::size_t kRows = 48;  // a multiple of the product's blocks of three
  Matrix before(std::min(kRows, which.size()), rows.cols()), after(before.rows(), rows.cols());
  for (std::size_t begin = 0; begin < which.size(); begin += kRows) {
    const auto part = which.subspan(begin, std::min(kRows, which.size() - begin));
    gather_rows(rows, {part, {}, {}}, before);
    multiply(basis, 0, basis.rows(), FirstRows(before, part.size()), after.data(), after.stride());
    for (std::size_t k = 0; k < part.size(); ++k) std::ranges::copy(after[k], rows.row(part[k]));
  }
}

namespace reference {

void gather_rows(const Matrix& matrix, const Gather& gather, Matrix& panel) {
  for (std::size_t k = 0; k < gather.which.size(); ++k) {
    for (std::size_t c = 0; c < matrix.cols(); ++c) {
      panel[k][c] = matrix[gather.which[k]][c] * (gather.scales.empty() ? 1 : gather.scales[k]) *
                    (gather.columns.empty() ? 1 : gather.columns[c]);
    }
  }
}

void add_outer(const Panel& panel, const float* left, Matrix& out) {
  for (std::size_t i = 0; i < panel.cols; ++i) {
    for (std::size_t j = i; j < panel.cols; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < panel.rows; ++k)
        sum += static_cast<double>(left[k * panel.stride + i]) * panel.data[k * panel.stride + j];
      out[i][j] += static_cast<float>(sum);
    }
  }
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
