#include "akin/linalg/spd_inverse.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/spd_inverse.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/parallel.h"

// Rows of a left group: with two vectors of columns, twelve sums and their operands fill the registers.
#ifndef AKIN_SPD_GROUP
#define AKIN_SPD_GROUP
namespace akin {
constexpr std::size_t kGroup = 6;

/// A product of two packed panels, (rows, depth) and (cols, depth): left in groups of kGroup rows, right in
/// groups of group_width() rows, each group as (depth, group) with zeros for rows that do not exist.
struct TileProduct {
  const float* left;
  const float* right;
  std::size_t rows;
  std::size_t cols;
  std::size_t depth;
};
}  // namespace akin
#endif

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

std::size_t GroupWidth() { return 2 * hn::Lanes(D()); }

/// Writes, or subtracts from out, kGroup x GroupWidth() sums, of which `rows` rows are written.
template <bool kSubtract>
HWY_INLINE void StoreGroup(const V (&sums)[kGroup][2], std::size_t rows, float* out, std::size_t stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < kGroup; ++r) {
    if (r >= rows) return;
    for (std::size_t v = 0; v < 2; ++v) {
      float* to = out + r * stride + v * lanes;
      hn::StoreU(kSubtract ? hn::Sub(hn::LoadU(d, to), sums[r][v]) : sums[r][v], d, to);
    }
  }
}

/// out (rows, cols) <- left right^T, or out - left right^T. Writes whole vectors, up to `writable` columns:
/// where the panels have zeros, nothing changes.
template <bool kSubtract>
void Multiply(const TileProduct& product, float* out, std::size_t stride, std::size_t writable) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), width = 2 * lanes;
  for (std::size_t j = 0; j < product.cols; j += width) {
    for (std::size_t i = 0; i < product.rows; i += kGroup) {
      const float* a = product.left + i * product.depth;
      const float* b = product.right + j * product.depth;
      V sums[kGroup][2];
      for (std::size_t r = 0; r < kGroup; ++r) sums[r][0] = sums[r][1] = hn::Zero(d);
      for (std::size_t p = 0; p < product.depth; ++p, a += kGroup, b += width) {
        const V right0 = hn::LoadU(d, b), right1 = hn::LoadU(d, b + lanes);
        for (std::size_t r = 0; r < kGroup; ++r) {
          const V left = hn::Set(d, a[r]);
          sums[r][0] = hn::MulAdd(left, right0, sums[r][0]);
          sums[r][1] = hn::MulAdd(left, right1, sums[r][1]);
        }
      }
      const std::size_t rows = std::min(kGroup, product.rows - i);
      float* to = out + i * stride + j;
      if (j + width <= writable) {
        StoreGroup<kSubtract>(sums, rows, to, stride);
        continue;
      }
      float edge[kGroup * 2 * hn::MaxLanes(D())];
      StoreGroup<false>(sums, kGroup, edge, width);
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; j + c < writable; ++c)
          to[r * stride + c] = kSubtract ? to[r * stride + c] - edge[r * width + c] : edge[r * width + c];
      }
    }
  }
}

void MultiplyTile(const TileProduct& product, float* out, std::size_t stride, std::size_t writable) {
  Multiply<false>(product, out, stride, writable);
}
void SubtractTile(const TileProduct& product, float* out, std::size_t stride, std::size_t writable) {
  Multiply<true>(product, out, stride, writable);
}

/// The sweep of all n rows, one by one: a (n, stride), both triangles, becomes minus its inverse. False if a
/// pivot is not positive.
bool SweepRows(float* a, std::size_t n, std::size_t stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t p = 0; p < n; ++p) {
    float* pivot_row = a + p * stride;
    const float pivot = pivot_row[p];
    if (!(pivot > 0)) return false;
    const float inverse = 1 / pivot;
    pivot_row[p] = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == p) continue;
      float* row = a + i * stride;
      const float factor = row[p] * inverse;
      const V factors = hn::Set(d, factor);
      for (std::size_t c = 0; c < stride; c += lanes)
        hn::Store(hn::NegMulAdd(factors, hn::Load(d, pivot_row + c), hn::Load(d, row + c)), d, row + c);
      row[p] = factor;
    }
    const V inverses = hn::Set(d, inverse);
    for (std::size_t c = 0; c < stride; c += lanes)
      hn::Store(hn::Mul(inverses, hn::Load(d, pivot_row + c)), d, pivot_row + c);
    pivot_row[p] = -inverse;
  }
  return true;
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(GroupWidth);
HWY_EXPORT(MultiplyTile);
HWY_EXPORT(SubtractTile);
HWY_EXPORT(SweepRows);

namespace {

// A multiple of kGroup and of every group width: two packed tiles fill half of a 512 KiB cache.
constexpr std::size_t kTile = 192;

/// Rows [0, rows) of `from` in groups of `group`, as TileProduct says.
void pack(const float* from, std::size_t rows, std::size_t stride, std::size_t depth, std::size_t group,
          float* out) {
  for (std::size_t r = 0; r < rows; r += group, out += depth * group) {
    const std::size_t count = std::min(group, rows - r);
    if (count < group) std::fill_n(out, depth * group, 0.0f);
    for (std::size_t c = 0; c < count; ++c) {
      const float* row = from + (r + c) * stride;
      for (std::size_t p = 0; p < depth; ++p) out[p * group + c] = row[p];
    }
  }
}

/// The work of invert_spd().
class Sweep {
 public:
  Sweep(Matrix& a, const Context& context)
      : a_(a),
        context_(context),
        blocks_((a.rows() + kTile - 1) / kTile),
        width_(HWY_DYNAMIC_DISPATCH(GroupWidth)()),
        diagonal_(kTile, kTile),
        packed_diagonal_(1, kTile * kTile),
        left_(blocks_, kTile * kTile),
        right_(blocks_, kTile * kTile) {}

  void run() {
    for (std::size_t k = 0; k < blocks_; ++k) {
      context_.check_stop();
      invert_diagonal(k);
      each_block([&](std::size_t i) { prepare(i, k); });
      each_block([&](std::size_t i) { update(blocks_ - 1 - i, k); });  // longest rows first
      store_diagonal(k);
      context_.report({.phase = "inverting", .done = k + 1, .total = blocks_, .unit = "blocks"});
    }
    each_block([&](std::size_t i) { mirror(i); });
  }

 private:
  std::size_t size(std::size_t block) const { return std::min(kTile, a_.rows() - block * kTile); }
  float* tile(std::size_t i, std::size_t j) { return a_.row(i * kTile) + j * kTile; }

  void each_block(const std::function<void(std::size_t)>& body) {
    parallel_for(
        blocks_, context_.threads,
        [&](std::size_t begin, std::size_t end, int) {
          for (std::size_t i = begin; i < end; ++i) body(i);
        },
        1);
  }

  /// diagonal_ <- A_kk^-1
  void invert_diagonal(std::size_t k) {
    const std::size_t n = size(k), stride = diagonal_.stride();
    std::fill_n(diagonal_.data(), kTile * stride, 0.0f);
    for (std::size_t r = 0; r < n; ++r) {
      for (std::size_t c = 0; c <= r; ++c)
        diagonal_[r][c] = diagonal_[c][r] = tile(k, k)[r * a_.stride() + c];
    }
    const bool positive = HWY_DYNAMIC_DISPATCH(SweepRows)(diagonal_.data(), n, stride);
    for (std::size_t r = 0; r < n; ++r) {
      for (std::size_t c = 0; c < n; ++c) diagonal_[r][c] = -diagonal_[r][c];
    }
    if (!positive || !all_finite(diagonal_)) {
      fail(ErrorCode::kBadData,
           "the matrix to invert is not positive definite to the precision of floats (in rows {} to {}); "
           "raise the regularization",
           k * kTile, k * kTile + n - 1);
    }
    pack(diagonal_.data(), n, stride, n, width_, packed_diagonal_.data());
  }

  /// Packs A_ik, replaces it by A_ik D and packs that.
  void prepare(std::size_t i, std::size_t k) {
    if (i == k) return;
    const std::size_t rows = size(i), depth = size(k);
    Matrix panel(rows, depth);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t p = 0; p < depth; ++p)
        panel[r][p] = i > k ? tile(i, k)[r * a_.stride() + p] : tile(k, i)[p * a_.stride() + r];
    }
    pack(panel.data(), rows, panel.stride(), depth, width_, right_.row(i));
    pack(panel.data(), rows, panel.stride(), depth, kGroup, left_.row(i));
    const TileProduct product{left_.row(i), packed_diagonal_.data(), rows, depth, depth};
    HWY_DYNAMIC_DISPATCH(MultiplyTile)(product, panel.data(), panel.stride(), panel.stride());
    pack(panel.data(), rows, panel.stride(), depth, kGroup, left_.row(i));
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t p = 0; p < depth; ++p)
        (i > k ? tile(i, k)[r * a_.stride() + p] : tile(k, i)[p * a_.stride() + r]) = panel[r][p];
    }
  }

  /// A_ij <- A_ij - A_ik D A_kj for all j <= i
  void update(std::size_t i, std::size_t k) {
    if (i == k) return;
    for (std::size_t j = 0; j <= i; ++j) {
      if (j == k) continue;
      const TileProduct product{left_.row(i), right_.row(j), size(i), size(j), size(k)};
      HWY_DYNAMIC_DISPATCH(SubtractTile)(product, tile(i, j), a_.stride(), a_.stride() - j * kTile);
    }
  }

  void store_diagonal(std::size_t k) {
    for (std::size_t r = 0; r < size(k); ++r) {
      for (std::size_t c = 0; c < size(k); ++c) tile(k, k)[r * a_.stride() + c] = -diagonal_[r][c];
    }
  }

  /// Row block i of the lower triangle, negated, and the same above the diagonal.
  void mirror(std::size_t i) {
    for (std::size_t j = 0; j <= i; ++j) {
      for (std::size_t r = i * kTile; r < i * kTile + size(i); ++r) {
        for (std::size_t c = j * kTile; c < std::min(j * kTile + size(j), r + 1); ++c)
          a_[c][r] = a_[r][c] = -a_[r][c];
      }
    }
  }

  Matrix& a_;
  const Context& context_;
  const std::size_t blocks_;
  const std::size_t width_;
  Matrix diagonal_;         // (kTile, kTile): D
  Matrix packed_diagonal_;  // in groups of width_
  Matrix left_;             // row i: A_ik D in groups of kGroup
  Matrix right_;            // row i: A_ik in groups of width_
};

}  // namespace

void invert_spd(Matrix& a, const Context& context) {
  AKIN_ASSERT(a.rows() == a.cols());
  if (!a.empty()) Sweep(a, context).run();
}

namespace reference {

void invert_spd(Matrix& a) {
  const std::size_t n = a.rows();
  std::vector<double> work(n * 2 * n, 0.0);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) work[r * 2 * n + c] = a[r][c];
    work[r * 2 * n + n + r] = 1;
  }
  for (std::size_t p = 0; p < n; ++p) {
    const double inverse = 1 / work[p * 2 * n + p];
    for (std::size_t c = 0; c < 2 * n; ++c) work[p * 2 * n + c] *= inverse;
    for (std::size_t r = 0; r < n; ++r) {
      if (r == p) continue;
      const double factor = work[r * 2 * n + p];
      for (std::size_t c = 0; c < 2 * n; ++c) work[r * 2 * n + c] -= factor * work[p * 2 * n + c];
    }
  }
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) a[r][c] = static_cast<float>(work[r * 2 * n + n + c]);
  }
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
