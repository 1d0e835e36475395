#include "akin/models/sequence/fpmc_kernel.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in linalg/kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/sequence/fpmc_kernel.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// How many triples ahead rows are asked for.
constexpr std::size_t kAhead = 4;

/// A row and the two it is multiplied by: p, q_i, q_j or l, m_i, m_j.
struct Half {
  float* HWY_RESTRICT common;
  float* HWY_RESTRICT positive;
  float* HWY_RESTRICT negative;
};

HWY_INLINE V Margin(const Half& half, std::size_t n) {
  const D d;
  V sum = hn::Zero(d);
  for (std::size_t c = 0; c < n; c += hn::Lanes(d)) {
    const V apart = hn::Sub(hn::Load(d, half.positive + c), hn::Load(d, half.negative + c));
    sum = hn::MulAdd(hn::Load(d, half.common + c), apart, sum);
  }
  return sum;
}

HWY_INLINE void Move(const Half& half, std::size_t n, V move, V decay) {
  const D d;
  for (std::size_t c = 0; c < n; c += hn::Lanes(d)) {
    const V common = hn::Load(d, half.common + c), positive = hn::Load(d, half.positive + c),
            negative = hn::Load(d, half.negative + c);
    hn::Store(hn::MulAdd(move, hn::Sub(positive, negative), hn::Mul(decay, common)), d, half.common + c);
    hn::Store(hn::MulAdd(move, common, hn::Mul(decay, positive)), d, half.positive + c);
    hn::Store(hn::NegMulAdd(move, common, hn::Mul(decay, negative)), d, half.negative + c);
  }
}

double FpmcSteps(std::span<const FpmcTriple> triples, const FpmcStep& step, FpmcFactors& factors) {
  const D d;
  const std::size_t n = factors.users.stride();
  const auto halves = [&](const FpmcTriple& t) {
    return std::pair(
        Half{factors.users.row(t.user), factors.items.row(t.positive), factors.items.row(t.negative)},
        Half{factors.last.row(t.last), factors.next.row(t.positive), factors.next.row(t.negative)});
  };
  const float decay = 1 - step.learning_rate * step.regularization;
  double loss = 0;
  for (std::size_t k = 0; k < triples.size(); ++k) {
    const auto [next_user, next_last] = halves(triples[std::min(k + kAhead, triples.size() - 1)]);
    for (const Half& half : {next_user, next_last}) {
      for (std::size_t c = 0; c < n; c += 16) {
        hwy::Prefetch(half.common + c);
        hwy::Prefetch(half.positive + c);
        hwy::Prefetch(half.negative + c);
      }
    }
    const auto [user, last] = halves(triples[k]);
    float& positive_bias = factors.bias[triples[k].positive];
    float& negative_bias = factors.bias[triples[k].negative];
    const float x = std::clamp(positive_bias - negative_bias +
                                   hn::GetLane(hn::SumOfLanes(d, hn::Add(Margin(user, n), Margin(last, n)))),
                               -80.0f, 80.0f);
    const float e = std::exp(-x), z = e / (1 + e);
    loss += static_cast<double>(std::log1p(e));
    const V move = hn::Set(d, step.learning_rate * z), decays = hn::Set(d, decay);
    Move(user, n, move, decays);
    Move(last, n, move, decays);
    positive_bias = decay * positive_bias + step.learning_rate * z;
    negative_bias = decay * negative_bias - step.learning_rate * z;
  }
  return loss;
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(FpmcSteps);

double fpmc_steps(std::span<const FpmcTriple> triples, const FpmcStep& step, FpmcFactors& factors) {
  return HWY_DYNAMIC_DISPATCH(FpmcSteps)(triples, step, factors);
}

namespace reference {

double fpmc_steps(std::span<const FpmcTriple> triples, const FpmcStep& step, FpmcFactors& factors) {
  double loss = 0;
  for (const auto& [user, last, positive, negative] : triples) {
    const auto p = factors.users[user], q_i = factors.items[positive], q_j = factors.items[negative],
               l = factors.last[last], m_i = factors.next[positive], m_j = factors.next[negative];
    float& b_i = factors.bias[positive];
    float& b_j = factors.bias[negative];
    double x = static_cast<double>(b_i) - b_j;
    for (std::size_t c = 0; c < p.size(); ++c) x += p[c] * (q_i[c] - q_j[c]) + l[c] * (m_i[c] - m_j[c]);
    const double z = 1 / (1 + std::exp(x));
    loss -= std::log(1 - z);
    const auto move = [&](float& value, double slope) {
      value += static_cast<float>(step.learning_rate * (z * slope - step.regularization * value));
    };
    for (std::size_t c = 0; c < p.size(); ++c) {
      const float p_c = p[c], l_c = l[c];
      move(p[c], q_i[c] - q_j[c]);
      move(q_i[c], p_c);
      move(q_j[c], -p_c);
      move(l[c], m_i[c] - m_j[c]);
      move(m_i[c], l_c);
      move(m_j[c], -l_c);
    }
    move(b_i, 1);
    move(b_j, -1);
  }
  return loss;
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
