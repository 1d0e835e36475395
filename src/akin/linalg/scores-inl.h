// Many dot products at once, in registers. Included once per instruction set, after hwy/foreach_target.h.
#if defined(AKIN_LINALG_SCORES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef AKIN_LINALG_SCORES_INL_H_
#undef AKIN_LINALG_SCORES_INL_H_
#else
#define AKIN_LINALG_SCORES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

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

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
