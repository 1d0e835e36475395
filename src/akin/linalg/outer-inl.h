// Sums of outer products, a tile at a time in registers: what Gram matrices and Cholesky factorizations spend
// their time on. Included once per instruction set, after hwy/foreach_target.h.
#if defined(AKIN_LINALG_OUTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef AKIN_LINALG_OUTER_INL_H_
#undef AKIN_LINALG_OUTER_INL_H_
#else
#define AKIN_LINALG_OUTER_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {

/// Rows of one matrix: those of `left` say how often those of `right` are added to the lines of `out`.
struct Outer {
  const float* left;
  const float* right;
  std::size_t depth;   // rows
  std::size_t stride;  // of left and right
  float* out;
  std::size_t out_stride;
};

/// Lines i .. i + kLines - 1 of out, kVectors vectors from column c, plus or minus sum_k left_k,i right_k,c.
template <std::size_t kLines, std::size_t kVectors, bool kSubtract>
HWY_INLINE void OuterTile(const Outer& o, std::size_t i, std::size_t c) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kLines][kVectors];
  for (std::size_t l = 0; l < kLines; ++l) {
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[l][v] = hn::LoadU(d, o.out + (i + l) * o.out_stride + c + v * lanes);
  }
  const float *left = o.left + i, *right = o.right + c;
  for (std::size_t k = 0; k < o.depth; ++k, left += o.stride, right += o.stride) {
    hn::Vec<decltype(d)> rights[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) rights[v] = hn::LoadU(d, right + v * lanes);
    for (std::size_t l = 0; l < kLines; ++l) {
      const auto factor = hn::Set(d, left[l]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[l][v] = kSubtract ? hn::NegMulAdd(factor, rights[v], sums[l][v])
                               : hn::MulAdd(factor, rights[v], sums[l][v]);
      }
    }
  }
  for (std::size_t l = 0; l < kLines; ++l) {
    for (std::size_t v = 0; v < kVectors; ++v)
      hn::StoreU(sums[l][v], d, o.out + (i + l) * o.out_stride + c + v * lanes);
  }
}

/// Lines i .. i + kLines - 1 of the upper triangle, up to column `end`, a multiple of the vector width. What
/// shares a vector with the diagonal is computed too.
template <std::size_t kLines, bool kSubtract>
HWY_INLINE void OuterLines(const Outer& o, std::size_t i, std::size_t end) {
  const std::size_t lanes = hwy::HWY_NAMESPACE::Lanes(hwy::HWY_NAMESPACE::ScalableTag<float>());
  std::size_t c = i / lanes * lanes;
  for (; c + 2 * lanes <= end; c += 2 * lanes) OuterTile<kLines, 2, kSubtract>(o, i, c);
  for (; c < end; c += lanes) OuterTile<kLines, 1, kSubtract>(o, i, c);
}

inline constexpr std::size_t kOuterLines = 6;  // times two vectors, and what is loaded: 15 registers

/// `lines` <= kOuterLines lines from line i.
template <bool kSubtract>
HWY_INLINE void OuterSomeLines(const Outer& o, std::size_t i, std::size_t lines, std::size_t end) {
  switch (lines) {
    case 6:
      return OuterLines<6, kSubtract>(o, i, end);
    case 5:
      return OuterLines<5, kSubtract>(o, i, end);
    case 4:
      return OuterLines<4, kSubtract>(o, i, end);
    case 3:
      return OuterLines<3, kSubtract>(o, i, end);
    case 2:
      return OuterLines<2, kSubtract>(o, i, end);
    default:
      return OuterLines<1, kSubtract>(o, i, end);
  }
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
