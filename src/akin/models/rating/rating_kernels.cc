#include "akin/models/rating/rating_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in linalg/kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/rating/rating_kernels.cc"
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

HWY_INLINE void PrefetchRow(const float* row, std::size_t n) {
  for (std::size_t c = 0; c < n; c += 16) hwy::Prefetch(row + c);
}

/// Rows of n floats, a number of whole vectors known only at run time.
template <std::size_t kVectors>
struct Rows {
  static HWY_INLINE float Product(const float* HWY_RESTRICT p, const float* HWY_RESTRICT q, std::size_t n) {
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    V sum0 = hn::Zero(d), sum1 = hn::Zero(d);
    std::size_t c = 0;
    for (; c + 2 * lanes <= n; c += 2 * lanes) {
      sum0 = hn::MulAdd(hn::Load(d, p + c), hn::Load(d, q + c), sum0);
      sum1 = hn::MulAdd(hn::Load(d, p + c + lanes), hn::Load(d, q + c + lanes), sum1);
    }
    for (; c < n; c += lanes) sum0 = hn::MulAdd(hn::Load(d, p + c), hn::Load(d, q + c), sum0);
    return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
  }
  template <typename Update>
  static HWY_INLINE void ForEach(std::size_t n, const Update& update) {
    const std::size_t lanes = hn::Lanes(D());
    for (std::size_t c = 0; c < n; c += lanes) update(c);
  }
};

/// x moved by `length` towards 0 and not beyond.
HWY_INLINE V Shrink(V x, V length) {
  const V left = hn::Max(hn::Sub(hn::Abs(x), length), hn::Zero(D()));
  return hn::CopySign(left, x);
}

/// rating_steps(), with biases or without, with the slower options or without.
template <bool kBiases, bool kOptions, std::size_t kVectors>
double Steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  // Only the padding that fills the last vector is computed with.
  const std::size_t n = kVectors > 0 ? kVectors * lanes : (model.users.cols() + lanes - 1) / lanes * lanes;
  const float rate = step.learning_rate;
  V user_decay = hn::Set(d, 1 - rate * step.user_regularization);
  V item_decay = hn::Set(d, 1 - rate * step.item_regularization);
  V user_cut = hn::Zero(d), item_cut = hn::Zero(d);
  float user_bias_decay = 1 - rate * step.bias_regularization, item_bias_decay = user_bias_decay;
  double loss = 0;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const Cell& ahead = cells[std::min(k + kAhead, cells.size() - 1)];
    PrefetchRow(model.users.row(ahead.user), n);
    PrefetchRow(model.items.row(ahead.item), n);
    const Cell& cell = cells[k];
    float* HWY_RESTRICT p = model.users.row(cell.user);
    float* HWY_RESTRICT q = model.items.row(cell.item);
    float error = cell.value - Rows<kVectors>::Product(p, q, n);
    if constexpr (kBiases) error -= step.mean + model.user_bias[cell.user] + model.item_bias[cell.item];
    float weight = 1;
    if constexpr (kOptions) {
      if (!step.weights.empty()) weight = step.weights[k];
      const float user_share = step.user_share.empty() ? 1 : step.user_share[cell.user];
      const float item_share = step.item_share.empty() ? 1 : step.item_share[cell.item];
      user_decay = hn::Set(d, 1 - rate * user_share * step.user_regularization);
      item_decay = hn::Set(d, 1 - rate * item_share * step.item_regularization);
      user_cut = hn::Set(d, rate * user_share * step.l1);
      item_cut = hn::Set(d, rate * item_share * step.l1);
      user_bias_decay = 1 - rate * user_share * step.bias_regularization;
      item_bias_decay = 1 - rate * item_share * step.bias_regularization;
    }
    loss += static_cast<double>(weight * error) * error;
    const float move = rate * weight * error;
    if constexpr (kBiases) {
      float& user_bias = model.user_bias[cell.user];
      float& item_bias = model.item_bias[cell.item];
      user_bias = user_bias * user_bias_decay + move;
      item_bias = item_bias * item_bias_decay + move;
    }
    const V moves = hn::Set(d, move);
    Rows<kVectors>::ForEach(n, [&](std::size_t c) HWY_ATTR {
      const V user = hn::Load(d, p + c), item = hn::Load(d, q + c);
      V new_user = hn::MulAdd(moves, item, hn::Mul(user_decay, user));
      V new_item = hn::MulAdd(moves, user, hn::Mul(item_decay, item));
      if constexpr (kOptions) {
        new_user = Shrink(new_user, user_cut);
        new_item = Shrink(new_item, item_cut);
      }
      hn::Store(new_user, d, p + c);
      hn::Store(new_item, d, q + c);
    });
  }
  return loss;
}

double RatingSteps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model) {
  const bool options =
      step.l1 > 0 || !step.weights.empty() || !step.user_share.empty() || !step.item_share.empty();
  if (options) {
    return step.biases ? Steps<true, true, 0>(cells, step, model) : Steps<false, true, 0>(cells, step, model);
  }
  return step.biases ? Steps<true, false, 0>(cells, step, model) : Steps<false, false, 0>(cells, step, model);
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
namespace {

float shrink(float x, float length) { return std::copysign(std::max(std::abs(x) - length, 0.0f), x); }

float share(std::span<const float> shares, idx_t row) { return shares.empty() ? 1 : shares[row]; }

}  // namespace

double rating_steps(std::span<const Cell> cells, const RatingStep& step, FactorModel& model) {
  const float rate = step.learning_rate;
  double loss = 0;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const auto& [user, item, value] = cells[k];
    const auto p = model.users[user], q = model.items[item];
    const float weight = step.weights.empty() ? 1 : step.weights[k];
    const float user_share = share(step.user_share, user), item_share = share(step.item_share, item);
    float error = value;
    if (step.biases) error -= step.mean + model.user_bias[user] + model.item_bias[item];
    for (std::size_t c = 0; c < p.size(); ++c) error -= p[c] * q[c];
    loss += static_cast<double>(weight) * error * error;
    if (step.biases) {
      float& bu = model.user_bias[user];
      float& bi = model.item_bias[item];
      bu += rate * (weight * error - user_share * step.bias_regularization * bu);
      bi += rate * (weight * error - item_share * step.bias_regularization * bi);
    }
    for (std::size_t c = 0; c < p.size(); ++c) {
      const float old_p = p[c], old_q = q[c];
      p[c] += rate * (weight * error * old_q - user_share * step.user_regularization * old_p);
      q[c] += rate * (weight * error * old_p - item_share * step.item_regularization * old_q);
      p[c] = shrink(p[c], rate * user_share * step.l1);
      q[c] = shrink(q[c], rate * item_share * step.l1);
    }
  }
  return loss;
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
