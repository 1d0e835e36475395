#include "akin/linalg/tsne_kernel.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/linalg/tsne_kernel.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// Sums over the points seen so far, a lane each.
struct Sums {
  V pull_x, pull_y, push_x, push_y, weight;

  /// Adds points at offsets (dx, dy) with affinities p and weights w.
  void add(V dx, V dy, V p, V w) {
    const V attraction = hn::Mul(p, w), repulsion = hn::Mul(w, w);
    pull_x = hn::MulAdd(attraction, dx, pull_x);
    pull_y = hn::MulAdd(attraction, dy, pull_y);
    push_x = hn::MulAdd(repulsion, dx, push_x);
    push_y = hn::MulAdd(repulsion, dy, push_y);
    weight = hn::Add(weight, w);
  }
};

/// Arrays are padded as rows of a Matrix are, so whole vectors may be read beyond n.
TsneForces Forces(const float* affinities, const float* x, const float* y, std::size_t n, std::size_t i) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  const V one = hn::Set(d, 1.0F), x_i = hn::Set(d, x[i]), y_i = hn::Set(d, y[i]);
  Sums sums{hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  for (std::size_t j = 0; j < n; j += lanes) {
    const V dx = hn::Sub(x_i, hn::Load(d, x + j)), dy = hn::Sub(y_i, hn::Load(d, y + j));
    V w = hn::Div(one, hn::MulAdd(dx, dx, hn::MulAdd(dy, dy, one)));
    if (j + lanes > n) w = hn::IfThenElseZero(hn::FirstN(d, n - j), w);
    sums.add(dx, dy, hn::Load(d, affinities + j), w);
  }
  const auto total = [&](V v) { return hn::GetLane(hn::SumOfLanes(d, v)); };
  return {total(sums.pull_x), total(sums.pull_y), total(sums.push_x), total(sums.push_y),
          total(sums.weight) - 1};  // the point's weight with itself
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(Forces);

TsneForces tsne_forces(const float* affinities, const float* x, const float* y, std::size_t n,
                       std::size_t i) {
  return HWY_DYNAMIC_DISPATCH(Forces)(affinities, x, y, n, i);
}

}  // namespace akin
#endif
