#include "akin/linalg/kernels.h"

#include "akin/base/error.h"

// Targets between the 128-bit baseline and AVX2, and variants beyond AVX-512 F, gain nothing here but compile
// time.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/kernels.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

std::size_t FindAtLeast(const float* x, std::size_t n, float bar) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const V low = hn::Set(d, bar);
  const auto passes = [&](std::size_t i) { return hn::Ge(hn::LoadU(d, x + i), low); };
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    const auto any =
        hn::Or(hn::Or(passes(i), passes(i + lanes)), hn::Or(passes(i + 2 * lanes), passes(i + 3 * lanes)));
    if (!hn::AllFalse(d, any)) break;
  }
  for (; i + lanes <= n; i += lanes) {
    const auto first = hn::FindFirstTrue(d, passes(i));
    if (first >= 0) return i + static_cast<std::size_t>(first);
  }
  for (; i < n; ++i) {
    if (x[i] >= bar) return i;
  }
  return n;
}

float Dot(const float* a, const float* b, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
  std::size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    sum0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), sum1);
    sum2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), sum2);
    sum3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), sum3);
  }
  for (; i + lanes <= n; i += lanes) sum0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sum0);
  float sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

void Axpy(float alpha, const float* x, float* y, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, alpha);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::MulAdd(factor, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  for (; i < n; ++i) y[i] += alpha * x[i];
}

void Scale(float alpha, float* x, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const V factor = hn::Set(d, alpha);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Mul(factor, hn::LoadU(d, x + i)), d, x + i);
  for (; i < n; ++i) x[i] *= alpha;
}

#if HWY_TARGET != HWY_SCALAR
/// Stores the sums of the four-lane blocks of v.
template <class DF>
HWY_INLINE void StoreBlockSum(DF d, hn::Vec<DF> v, float* out) {
  if constexpr (hn::MaxLanes(DF()) > 4) {
    const hn::Half<DF> half;
    StoreBlockSum(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), out);
  } else {
    hn::StoreU(v, d, out);
  }
}
#endif

/// out_i = sum of the lanes of v_i, i < 4: a transpose that adds on its way, so four sums cost little more
/// than one.
HWY_INLINE void StoreSums(const V& v0, const V& v1, const V& v2, const V& v3, float* out) {
#if HWY_TARGET == HWY_SCALAR
  const V* sums[] = {&v0, &v1, &v2, &v3};
  for (std::size_t i = 0; i < 4; ++i) out[i] = hn::GetLane(*sums[i]);
#else
  const D d;
  const hn::Repartition<double, D> d64;
  const auto v01 = hn::BitCast(d64, hn::Add(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1)));
  const auto v23 = hn::BitCast(d64, hn::Add(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3)));
  const V lower = hn::BitCast(d, hn::InterleaveLower(d64, v01, v23));
  const V upper = hn::BitCast(d, hn::InterleaveUpper(d64, v01, v23));
  StoreBlockSum(d, hn::Add(lower, upper), out);
#endif
}

/// kItems x kUsers scores at once: each loaded vector of a row is used kUsers times.
template <std::size_t kItems, std::size_t kUsers>
HWY_INLINE void ScoreBlock(const float* items, const float* users, std::size_t stride, float* out,
                           std::size_t out_stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kItems][kUsers];
  for (auto& row : sums) {
    for (V& sum : row) sum = hn::Zero(d);
  }
  for (std::size_t c = 0; c < stride; c += lanes) {
    V user[kUsers];
    for (std::size_t u = 0; u < kUsers; ++u) user[u] = hn::Load(d, users + u * stride + c);
    for (std::size_t i = 0; i < kItems; ++i) {
      const V item = hn::Load(d, items + i * stride + c);
      for (std::size_t u = 0; u < kUsers; ++u) sums[i][u] = hn::MulAdd(item, user[u], sums[i][u]);
    }
  }
  for (std::size_t u = 0; u < kUsers; ++u) {
    if constexpr (kItems == 1) {
      // Lanes are added in the order of the other blocks: equal rows get equal scores, wherever they stand.
      float four[4];
      StoreSums(sums[0][u], sums[0][u], sums[0][u], sums[0][u], four);
      out[u * out_stride] = four[0];
    } else {
      for (std::size_t i = 0; i < kItems; i += 4)
        StoreSums(sums[i][u], sums[i + 1][u], sums[i + 2][u], sums[i + 3][u], out + u * out_stride + i);
    }
  }
}

void ScoreTile(const float* items, std::size_t n_items, const float* users, std::size_t n_users,
               std::size_t stride, float* out, std::size_t out_stride) {
  std::size_t u = 0;
  for (; u + 3 <= n_users; u += 3) {
    std::size_t i = 0;
    for (; i + 4 <= n_items; i += 4) {
      ScoreBlock<4, 3>(items + i * stride, users + u * stride, stride, out + u * out_stride + i, out_stride);
    }
    for (; i < n_items; ++i) {
      ScoreBlock<1, 3>(items + i * stride, users + u * stride, stride, out + u * out_stride + i, out_stride);
    }
  }
  for (; u < n_users; ++u) {
    std::size_t i = 0;
    for (; i + 8 <= n_items; i += 8) {
      ScoreBlock<8, 1>(items + i * stride, users + u * stride, stride, out + u * out_stride + i, out_stride);
    }
    for (; i < n_items; ++i) {
      ScoreBlock<1, 1>(items + i * stride, users + u * stride, stride, out + u * out_stride + i, out_stride);
    }
  }
}

/// All users pass over one tile of items at a time, small enough for half of the L1 cache.
void Scores(const float* items, std::size_t n_items, const float* users, std::size_t n_users,
            std::size_t stride, float* out, std::size_t out_stride) {
  constexpr std::size_t kTileFloats = 16 * 1024 / sizeof(float);
  const std::size_t tile = std::max<std::size_t>(8, kTileFloats / stride / 8 * 8);
  for (std::size_t i = 0; i < n_items; i += tile)
    ScoreTile(items + i * stride, std::min(tile, n_items - i), users, n_users, stride, out + i, out_stride);
}

/// gram (d, stride) += sum of row^T row, in blocks of 4 rows so that each sum is loaded once for four
/// products.
void Gram(const float* rows, std::size_t n, std::size_t cols, std::size_t stride, float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t r = 0;
  for (; r + 4 <= n; r += 4) {
    const float* row = rows + r * stride;
    for (std::size_t i = 0; i < cols; ++i) {
      const V a0 = hn::Set(d, row[i]), a1 = hn::Set(d, row[stride + i]);
      const V a2 = hn::Set(d, row[2 * stride + i]), a3 = hn::Set(d, row[3 * stride + i]);
      float* target = out + i * stride;
      for (std::size_t c = i / lanes * lanes; c < stride; c += lanes) {
        V sum = hn::MulAdd(a0, hn::Load(d, row + c), hn::Load(d, target + c));
        sum = hn::MulAdd(a1, hn::Load(d, row + stride + c), sum);
        sum = hn::MulAdd(a2, hn::Load(d, row + 2 * stride + c), sum);
        hn::Store(hn::MulAdd(a3, hn::Load(d, row + 3 * stride + c), sum), d, target + c);
      }
    }
  }
  for (; r < n; ++r) {
    for (std::size_t i = 0; i < cols; ++i)
      Axpy(rows[r * stride + i], rows + r * stride, out + i * stride, stride);
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

void WeightedSum(const float* rows, std::size_t n, std::size_t stride, const float* weights, float* out) {
  const std::size_t lanes = hn::Lanes(D());
  std::size_t c = 0;
  for (; c + 8 * lanes <= stride; c += 8 * lanes) WeightedSumBlock<8>(rows + c, n, stride, weights, out + c);
  for (; c + 2 * lanes <= stride; c += 2 * lanes) WeightedSumBlock<2>(rows + c, n, stride, weights, out + c);
  for (; c < stride; c += lanes) WeightedSumBlock<1>(rows + c, n, stride, weights, out + c);
}

/// kRows rows at once: x and out are loaded once for all of them, and their dot products run side by side.
template <std::size_t kRows>
HWY_INLINE void GatherBlock(const float* const* rows, const float* constants, const float* weights,
                            const float* x, float* out, std::size_t stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V factors[kRows];
  for (std::size_t r = 0; r < kRows; ++r) factors[r] = hn::Zero(d);
  if (weights) {
    for (std::size_t c = 0; c < stride; c += lanes) {
      const V xs = hn::Load(d, x + c);
      for (std::size_t r = 0; r < kRows; ++r)
        factors[r] = hn::MulAdd(hn::Load(d, rows[r] + c), xs, factors[r]);
    }
    for (std::size_t r = 0; r < kRows; ++r)
      factors[r] = hn::Mul(hn::Set(d, weights[r]), hn::SumOfLanes(d, factors[r]));
  }
  if (constants) {
    for (std::size_t r = 0; r < kRows; ++r) factors[r] = hn::Add(hn::Set(d, constants[r]), factors[r]);
  }
  for (std::size_t c = 0; c < stride; c += lanes) {
    V sum = hn::Load(d, out + c);
    for (std::size_t r = 0; r < kRows; ++r) sum = hn::MulAdd(factors[r], hn::Load(d, rows[r] + c), sum);
    hn::Store(sum, d, out + c);
  }
}

/// `constants` and `weights` may be null.
void GatherMultiply(const Matrix& matrix, std::span<const idx_t> which, const float* constants,
                    const float* weights, const float* x, float* out) {
  constexpr std::size_t kRows = 4;
  const std::size_t n = which.size(), stride = matrix.stride();
  std::size_t k = 0;
  for (; k + kRows <= n; k += kRows) {
    const float* rows[kRows];
    for (std::size_t r = 0; r < kRows; ++r) {
      rows[r] = matrix.row(which[k + r]);
      // The rows lie anywhere: ask for the next block's while this one is computed.
      const float* next = matrix.row(which[std::min(k + r + kRows, n - 1)]);
      for (std::size_t c = 0; c < stride; c += 16) hwy::Prefetch(next + c);
    }
    GatherBlock<kRows>(rows, constants ? constants + k : nullptr, weights ? weights + k : nullptr, x, out,
                       stride);
  }
  for (; k < n; ++k) {
    const float* row = matrix.row(which[k]);
    GatherBlock<1>(&row, constants ? constants + k : nullptr, weights ? weights + k : nullptr, x, out,
                   stride);
  }
}

/// Adds kRows weighted outer products to lines i .. i + kLines - 1 of the upper triangle.
template <std::size_t kLines, std::size_t kRows>
HWY_INLINE void GramLines(const float* const* rows, const float* weights, std::size_t i, Matrix& out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), stride = out.stride();
  V left[kLines][kRows];
  for (std::size_t l = 0; l < kLines; ++l) {
    for (std::size_t r = 0; r < kRows; ++r) left[l][r] = hn::Set(d, weights[r] * rows[r][i + l]);
  }
  for (std::size_t c = i / lanes * lanes; c < stride; c += lanes) {
    V sums[kLines];
    for (std::size_t l = 0; l < kLines; ++l) sums[l] = hn::Load(d, out.row(i + l) + c);
    for (std::size_t r = 0; r < kRows; ++r) {
      const V right = hn::Load(d, rows[r] + c);
      for (std::size_t l = 0; l < kLines; ++l) sums[l] = hn::MulAdd(left[l][r], right, sums[l]);
    }
    for (std::size_t l = 0; l < kLines; ++l) hn::Store(sums[l], d, out.row(i + l) + c);
  }
}

template <std::size_t kRows>
HWY_INLINE void GramOfRows(const float* const* rows, const float* weights, Matrix& out) {
  std::size_t i = 0;
  for (; i + 2 <= out.rows(); i += 2) GramLines<2, kRows>(rows, weights, i, out);
  for (; i < out.rows(); ++i) GramLines<1, kRows>(rows, weights, i, out);
}

void GatherGram(const Matrix& matrix, std::span<const idx_t> which, const float* weights, Matrix& out) {
  constexpr std::size_t kRows = 4;
  std::size_t k = 0;
  for (; k + kRows <= which.size(); k += kRows) {
    const float* rows[kRows];
    for (std::size_t r = 0; r < kRows; ++r) rows[r] = matrix.row(which[k + r]);
    GramOfRows<kRows>(rows, weights + k, out);
  }
  for (; k < which.size(); ++k) {
    const float* row = matrix.row(which[k]);
    GramOfRows<1>(&row, weights + k, out);
  }
}

const char* TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(Dot);
HWY_EXPORT(Axpy);
HWY_EXPORT(FindAtLeast);
HWY_EXPORT(Scale);
HWY_EXPORT(Scores);
HWY_EXPORT(Gram);
HWY_EXPORT(WeightedSum);
HWY_EXPORT(GatherMultiply);
HWY_EXPORT(GatherGram);
HWY_EXPORT(TargetName);

float dot(const float* a, const float* b, std::size_t n) { return HWY_DYNAMIC_DISPATCH(Dot)(a, b, n); }
void axpy(float alpha, const float* x, float* y, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(Axpy)(alpha, x, y, n);
}
std::size_t find_at_least(const float* x, std::size_t n, float bar) {
  return HWY_DYNAMIC_DISPATCH(FindAtLeast)(x, n, bar);
}
void scale(float alpha, float* x, std::size_t n) { HWY_DYNAMIC_DISPATCH(Scale)(alpha, x, n); }

void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(Scores)(matrix.row(begin), end - begin, x, 1, matrix.stride(), out, 0);
}

void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, FirstRows queries, float* out,
              std::size_t out_stride) {
  HWY_DYNAMIC_DISPATCH(Scores)
  (matrix.row(begin), end - begin, queries.matrix.data(), queries.count, matrix.stride(), out, out_stride);
}

void gram(const Matrix& matrix, std::size_t begin, std::size_t end, Matrix& out) {
  for (std::size_t i = 0; i < out.rows(); ++i) std::memset(out.row(i), 0, out.stride() * sizeof(float));
  HWY_DYNAMIC_DISPATCH(Gram)(matrix.row(begin), end - begin, matrix.cols(), matrix.stride(), out.data());
  for (std::size_t i = 0; i < matrix.cols(); ++i) {  // the kernel fills the upper triangle
    for (std::size_t j = 0; j < i; ++j) out[i][j] = out[j][i];
  }
}

void weighted_sum(const Matrix& matrix, const float* weights, float* out) {
  HWY_DYNAMIC_DISPATCH(WeightedSum)(matrix.data(), matrix.rows(), matrix.stride(), weights, out);
}

namespace {

const float* data_or_null(std::span<const float> values, std::size_t expected) {
  AKIN_ASSERT(values.empty() || values.size() == expected);
  return values.empty() ? nullptr : values.data();
}

}  // namespace

void gather_multiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out) {
  const float* constants = data_or_null(terms.constants, terms.rows.size());
  const float* weights = data_or_null(terms.weights, terms.rows.size());
  HWY_DYNAMIC_DISPATCH(GatherMultiply)(matrix, terms.rows, constants, weights, x, out);
}

void gather_gram(const Matrix& matrix, const RowTerms& terms, Matrix& out) {
  AKIN_ASSERT(terms.weights.size() == terms.rows.size() && out.stride() == matrix.stride());
  HWY_DYNAMIC_DISPATCH(GatherGram)(matrix, terms.rows, terms.weights.data(), out);
}

const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(TargetName)(); }

namespace reference {

float dot(const float* a, const float* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * b[i];
  return static_cast<float>(sum);
}

void axpy(float alpha, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += alpha * x[i];
}

void multiply(const Matrix& matrix, std::size_t begin, std::size_t end, const Matrix& queries, float* out,
              std::size_t out_stride) {
  for (std::size_t u = 0; u < queries.rows(); ++u) {
    for (std::size_t i = begin; i < end; ++i) {
      out[u * out_stride + i - begin] = dot(queries.row(u), matrix.row(i), matrix.cols());
    }
  }
}

void gram(const Matrix& matrix, std::size_t begin, std::size_t end, Matrix& out) {
  for (std::size_t i = 0; i < matrix.cols(); ++i) {
    for (std::size_t j = 0; j < matrix.cols(); ++j) {
      double sum = 0;
      for (std::size_t r = begin; r < end; ++r) sum += static_cast<double>(matrix[r][i]) * matrix[r][j];
      out[i][j] = static_cast<float>(sum);
    }
  }
}

void weighted_sum(const Matrix& matrix, const float* weights, float* out) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) axpy(weights[r], matrix.row(r), out, matrix.cols());
}

void gather_multiply(const Matrix& matrix, const RowTerms& terms, const float* x, float* out) {
  for (std::size_t k = 0; k < terms.rows.size(); ++k) {
    const float* row = matrix.row(terms.rows[k]);
    float factor = terms.constants.empty() ? 0 : terms.constants[k];
    if (!terms.weights.empty()) factor += terms.weights[k] * dot(row, x, matrix.cols());
    axpy(factor, row, out, matrix.cols());
  }
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
