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

double RatingSteps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), stride = model.users.stride();
  const V decay = hn::Set(d, 1 - step.learning_rate * step.regularization);
  const float bias_decay = 1 - step.learning_rate * step.bias_regularization;
  double loss = 0;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const Cell& ahead = cells[std::min(k + kAhead, cells.size() - 1)];
    PrefetchRow(model.users.row(ahead.user), stride);
    PrefetchRow(model.items.row(ahead.item), stride);
    const Cell& cell = cells[k];
    float* HWY_RESTRICT p = model.users.row(cell.user);
    float* HWY_RESTRICT q = model.items.row(cell.item);
    V sum0 = hn::Zero(d), sum1 = hn::Zero(d);
    std::size_t c = 0;
    for (; c + 2 * lanes <= stride; c += 2 * lanes) {
      sum0 = hn::MulAdd(hn::Load(d, p + c), hn::Load(d, q + c), sum0);
      sum1 = hn::MulAdd(hn::Load(d, p + c + lanes), hn::Load(d, q + c + lanes), sum1);
    }
    for (; c < stride; c += lanes) sum0 = hn::MulAdd(hn::Load(d, p + c), hn::Load(d, q + c), sum0);
    float& user_bias = model.user_bias[cell.user];
    float& item_bias = model.item_bias[cell.item];
    const float product = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
    const float error = cell.value - (step.mean + user_bias + item_bias + product);
    loss += static_cast<double>(error) * error;
    user_bias = user_bias * bias_decay + step.learning_rate * error;
    item_bias = item_bias * bias_decay + step.learning_rate * error;
    const V move = hn::Set(d, step.learning_rate * error);
    for (c = 0; c < stride; c += lanes) {
      const V user = hn::Load(d, p + c), item = hn::Load(d, q + c);
      hn::Store(hn::MulAdd(move, item, hn::Mul(decay, user)), d, p + c);
      hn::Store(hn::MulAdd(move, user, hn::Mul(decay, item)), d, q + c);
    }
  }
  return loss;
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(RatingSteps);

double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model) {
  return HWY_DYNAMIC_DISPATCH(RatingSteps)(cells, step, model);
}

namespace reference {

double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model) {
  double loss = 0;
  for (const Cell& cell : cells) {
    const auto p = model.users[cell.user], q = model.items[cell.item];
    float& user_bias = model.user_bias[cell.user];
    float& item_bias = model.item_bias[cell.item];
    float error = cell.value - step.mean - user_bias - item_bias;
    for (std::size_t c = 0; c < p.size(); ++c) error -= p[c] * q[c];
    loss += static_cast<double>(error) * error;
    user_bias += step.learning_rate * (error - step.bias_regularization * user_bias);
    item_bias += step.learning_rate * (error - step.bias_regularization * item_bias);
    for (std::size_t c = 0; c < p.size(); ++c) {
      const float user = p[c], item = q[c];
      p[c] += step.learning_rate * (error * item - step.regularization * user);
      q[c] += step.learning_rate * (error * user - step.regularization * item);
    }
  }
  return loss;
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
