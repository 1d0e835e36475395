#include "akin/models/factor/sgd_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in linalg/kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/factor/sgd_kernels.cc"
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

/// How many updates ahead rows are asked for.
constexpr std::size_t kAhead = 4;

HWY_INLINE void PrefetchRow(const float* row, std::size_t stride) {
  for (std::size_t c = 0; c < stride; c += 16) hwy::Prefetch(row + c);
}

/// Adds up -ln of numbers in (0, 1] with one logarithm for many: their product, until it gets small.
class NegativeLog {
 public:
  HWY_INLINE void Add(double x) {
    product_ *= x;
    if (product_ < 1e-250) Flush();
  }
  double Sum() {
    Flush();
    return sum_;
  }

 private:
  void Flush() {
    sum_ -= std::log(product_);
    product_ = 1;
  }
  double product_ = 1;
  double sum_ = 0;
};

double RankingSteps(std::span<const Triple> triples, const RankingStep& step, FactorModel& model) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), stride = model.users.stride();
  const float bias_decay = 1 - step.learning_rate * step.regularization;
  const V decay = hn::Set(d, bias_decay);
  NegativeLog loss;
  for (std::size_t k = 0; k < triples.size(); ++k) {
    const Triple& ahead = triples[std::min(k + kAhead, triples.size() - 1)];
    PrefetchRow(model.users.row(ahead.user), stride);
    PrefetchRow(model.items.row(ahead.positive), stride);
    PrefetchRow(model.items.row(ahead.negative), stride);
    const Triple& triple = triples[k];
    float* HWY_RESTRICT p = model.users.row(triple.user);
    float* HWY_RESTRICT qi = model.items.row(triple.positive);
    float* HWY_RESTRICT qj = model.items.row(triple.negative);
    V sum0 = hn::Zero(d), sum1 = hn::Zero(d);
    std::size_t c = 0;
    for (; c + 2 * lanes <= stride; c += 2 * lanes) {
      sum0 = hn::MulAdd(hn::Load(d, p + c), hn::Sub(hn::Load(d, qi + c), hn::Load(d, qj + c)), sum0);
      const std::size_t e = c + lanes;
      sum1 = hn::MulAdd(hn::Load(d, p + e), hn::Sub(hn::Load(d, qi + e), hn::Load(d, qj + e)), sum1);
    }
    for (; c < stride; c += lanes) {
      sum0 = hn::MulAdd(hn::Load(d, p + c), hn::Sub(hn::Load(d, qi + c), hn::Load(d, qj + c)), sum0);
    }
    float& bias_i = model.item_bias[triple.positive];
    float& bias_j = model.item_bias[triple.negative];
    const float x = bias_i - bias_j + hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
    // Beyond 80 the step and the loss are 0 or x to single precision; NaN passes through.
    const float odds = std::exp(x < -80.0f ? -80.0f : x > 80.0f ? 80.0f : x);
    const float z = 1 / (1 + odds);
    loss.Add(static_cast<double>(odds) / (1 + static_cast<double>(odds)));
    bias_i = bias_i * bias_decay + step.learning_rate * z;
    bias_j = bias_j * bias_decay - step.learning_rate * z;
    const V move = hn::Set(d, step.learning_rate * z);
    for (c = 0; c < stride; c += lanes) {
      const V user = hn::Load(d, p + c), item_i = hn::Load(d, qi + c), item_j = hn::Load(d, qj + c);
      hn::Store(hn::MulAdd(move, hn::Sub(item_i, item_j), hn::Mul(decay, user)), d, p + c);
      hn::Store(hn::MulAdd(move, user, hn::Mul(decay, item_i)), d, qi + c);
      hn::Store(hn::NegMulAdd(move, user, hn::Mul(decay, item_j)), d, qj + c);
    }
  }
  return loss.Sum();
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(RankingSteps);

double ranking_steps(std::span<const Triple> triples, const RankingStep& step, FactorModel& model) {
  return HWY_DYNAMIC_DISPATCH(RankingSteps)(triples, step, model);
}

namespace reference {

double ranking_steps(std::span<const Triple> triples, const RankingStep& step, FactorModel& model) {
  const float rate = step.learning_rate, lambda = step.regularization;
  double loss = 0;
  for (const auto& [user, positive, negative] : triples) {
    const auto p = model.users[user], qi = model.items[positive], qj = model.items[negative];
    float& bi = model.item_bias[positive];
    float& bj = model.item_bias[negative];
    float x = bi - bj;
    for (std::size_t c = 0; c < p.size(); ++c) x += p[c] * (qi[c] - qj[c]);
    loss += std::log1p(std::exp(-static_cast<double>(x)));
    const float z = 1 / (1 + std::exp(x));
    bi += rate * (z - lambda * bi);
    bj += rate * (-z - lambda * bj);
    for (std::size_t c = 0; c < p.size(); ++c) {
      const float u = p[c], i = qi[c], j = qj[c];
      p[c] += rate * (z * (i - j) - lambda * u);
      qi[c] += rate * (z * u - lambda * i);
      qj[c] += rate * (-z * u - lambda * j);
    }
  }
  return loss;
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
