#include "akin/linalg/kernels.h"

#include "akin/base/error.h"
#include "akin/linalg/panel.h"

// Targets between the 128-bit baseline and AVX2, and variants beyond AVX-512 F,
// gain nothing here but compile time.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/kernels.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "akin/linalg/scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
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
  add_gram(Panel(matrix, begin, end), out);
  for (std::size_t i = 0; i < matrix.cols(); ++i) {  // that was the upper triangle
    for (std::size_t j = 0; j < i; ++j) out[i][j] = out[j][i];
  }
}

void weighted_sum(const Matrix& matrix, const float* weights, float* out) {
  weighted_sum(Panel(matrix, 0, matrix.rows()), weights, out);
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

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
