#include "akin/linalg/small_product.h"

#include "akin/base/error.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/small_product.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::CappedTag<float, 16>;  // rows are padded to 16 floats
using V = hn::Vec<D>;

constexpr std::size_t kBlock = 6;  // 6 rows by 2 vectors fill the 16 registers of AVX2

/// A block of C, kRows by kVectors, at `c`.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void Block(StridedMatrix a, std::size_t inner, const float* b, std::size_t b_stride, float* c,
                      std::size_t c_stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sums[kRows][kVectors];
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Load(d, c + r * c_stride + v * lanes);
  }
  for (std::size_t k = 0; k < inner; ++k) {
    V row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = hn::Load(d, b + k * b_stride + v * lanes);
    const float* const entries = a.data + k * a.column;
    for (std::size_t r = 0; r < kRows; ++r) {
      const V entry = hn::Set(d, entries[r * a.row]);
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(entry, row[v], sums[r][v]);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums[r][v], d, c + r * c_stride + v * lanes);
  }
}

/// All rows of kVectors columns of C.
template <std::size_t kVectors>
HWY_INLINE void Panel(StridedMatrix a, std::size_t rows, std::size_t inner, const float* b,
                      std::size_t b_stride, float* c, std::size_t c_stride) {
  std::size_t r = 0;
  for (; r + kBlock <= rows; r += kBlock)
    Block<kBlock, kVectors>({a.data + r * a.row, a.row, a.column}, inner, b, b_stride, c + r * c_stride,
                            c_stride);
  const StridedMatrix rest = {a.data + r * a.row, a.row, a.column};
  switch (rows - r) {
    case 1:
      return Block<1, kVectors>(rest, inner, b, b_stride, c + r * c_stride, c_stride);
    case 2:
      return Block<2, kVectors>(rest, inner, b, b_stride, c + r * c_stride, c_stride);
    case 3:
      return Block<3, kVectors>(rest, inner, b, b_stride, c + r * c_stride, c_stride);
    case 4:
      return Block<4, kVectors>(rest, inner, b, b_stride, c + r * c_stride, c_stride);
    case 5:
      return Block<5, kVectors>(rest, inner, b, b_stride, c + r * c_stride, c_stride);
    default:
      return;
  }
}
}  // namespace

void AddProduct(const PartProduct& p) {
  const std::size_t lanes = hn::Lanes(D());
  std::size_t column = 0;
  for (; column + 2 * lanes <= p.columns; column += 2 * lanes)
    Panel<2>(p.a, p.rows, p.inner, p.b + column, p.b_stride, p.c + column, p.c_stride);
  for (; column < p.columns; column += lanes)
    Panel<1>(p.a, p.rows, p.inner, p.b + column, p.b_stride, p.c + column, p.c_stride);
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(AddProduct);

void add_product(StridedMatrix a, std::size_t rows, std::size_t inner, const Matrix& b, Matrix& c) {
  AKIN_ASSERT(b.stride() == c.stride() && inner <= b.rows() && rows <= c.rows());
  add_product({a, rows, inner, c.stride(), b.data(), b.stride(), c.data(), c.stride()});
}

void add_product(const PartProduct& product) { HWY_DYNAMIC_DISPATCH(AddProduct)(product); }

void reference::add_product(StridedMatrix a, std::size_t rows, std::size_t inner, const Matrix& b,
                            Matrix& c) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < inner; ++k) {
      for (std::size_t j = 0; j < c.cols(); ++j) c[i][j] += a.data[i * a.row + k * a.column] * b[k][j];
    }
  }
}

}  // namespace akin
#endif
