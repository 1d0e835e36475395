#include "akin/models/rating/svdpp_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in linalg/kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/rating/svdpp_kernels.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// How many ratings ahead rows are asked for.
constexpr std::size_t kAhead = 4;

HWY_INLINE float Product(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, std::size_t n) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V sum0 = hn::Zero(d), sum1 = hn::Zero(d);
  std::size_t c = 0;
  for (; c + 2 * lanes <= n; c += 2 * lanes) {
    sum0 = hn::MulAdd(hn::Load(d, a + c), hn::Load(d, b + c), sum0);
    sum1 = hn::MulAdd(hn::Load(d, a + c + lanes), hn::Load(d, b + c + lanes), sum1);
  }
  for (; c < n; c += lanes) sum0 = hn::MulAdd(hn::Load(d, a + c), hn::Load(d, b + c), sum0);
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

/// Floats of `cols` columns in whole vectors.
HWY_INLINE std::size_t WholeVectors(std::size_t cols) {
  const std::size_t lanes = hn::Lanes(D());
  return (cols + lanes - 1) / lanes * lanes;
}

double SvdppUser(std::span<const idx_t> items, std::span<const float> values, const SvdppStep& step,
                 FactorModel& model, idx_t user, UserBatch& batch_size, std::size_t slot, float share) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), n = WholeVectors(model.users.cols());
  const float rate = step.learning_rate;
  const V learning_rate_decay = hn::Set(d, 1 - rate * step.regularization),
          rest = hn::Set(d, rate * step.regularization);
  const float bias_decay = 1 - rate * step.bias_regularization;
  float* HWY_RESTRICT effective = batch_size.effective.row(slot);
  float* HWY_RESTRICT gradient = batch_size.gradient.row(slot);
  const float* HWY_RESTRICT implicit = batch_size.implicit.row(slot);
  float* HWY_RESTRICT p = model.users.row(user);
  for (std::size_t c = 0; c < n; c += lanes) {
    hn::Store(hn::Add(hn::Load(d, p + c), hn::Load(d, implicit + c)), d, effective + c);
    hn::Store(hn::Zero(d), d, gradient + c);
  }
  float bias = model.user_bias[user];
  double loss = 0;
  for (std::size_t k = 0; k < items.size(); ++k) {
    const float* next = model.items.row(items[std::min(k + kAhead, items.size() - 1)]);
    for (std::size_t c = 0; c < n; c += 16) hwy::Prefetch(next + c);
    const float* HWY_RESTRICT q = model.items.row(items[k]);
    const float error = values[k] - (step.mean + bias + model.item_bias[items[k]] + Product(q, effective, n));
    loss += static_cast<double>(error) * error;
    bias = bias * bias_decay + rate * error;
    const V errors = hn::Set(d, error), moves = hn::Set(d, rate * error);
    // p decays, the implicit part of p + implicit does not.
    for (std::size_t c = 0; c < n; c += lanes) {
      const V item = hn::Load(d, q + c);
      const V kept = hn::MulAdd(rest, hn::Load(d, implicit + c),
                                hn::Mul(learning_rate_decay, hn::Load(d, effective + c)));
      hn::Store(hn::MulAdd(moves, item, kept), d, effective + c);
      hn::Store(hn::MulAdd(errors, item, hn::Load(d, gradient + c)), d, gradient + c);
    }
  }
  model.user_bias[user] = bias;
  const V shares = hn::Set(d, share);
  for (std::size_t c = 0; c < n; c += lanes) {
    hn::Store(hn::Sub(hn::Load(d, effective + c), hn::Load(d, implicit + c)), d, p + c);
    hn::Store(hn::Mul(shares, hn::Load(d, gradient + c)), d, gradient + c);
  }
  return loss;
}

void SvdppItem(std::span<const BatchRating> ratings, const SvdppStep& step, const UserBatch& batch_size,
               idx_t item, FactorModel& model, Matrix& implicit) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), n = WholeVectors(model.items.cols());
  const float rate = step.learning_rate;
  const V learning_rate_decay = hn::Set(d, 1 - rate * step.regularization), rates = hn::Set(d, rate);
  const V implicit_decay = hn::Set(d, 1 - rate * step.implicit_regularization);
  const float bias_decay = 1 - rate * step.bias_regularization;
  float* HWY_RESTRICT q = model.items.row(item);
  float* HWY_RESTRICT y = implicit.row(item);
  float bias = model.item_bias[item];
  for (const BatchRating& rating : ratings) {
    const float* HWY_RESTRICT user = batch_size.effective.row(rating.slot);
    const float* HWY_RESTRICT gradient = batch_size.gradient.row(rating.slot);
    const float error =
        rating.value - (step.mean + model.user_bias[rating.user] + bias + Product(q, user, n));
    bias = bias * bias_decay + rate * error;
    const V moves = hn::Set(d, rate * error);
    for (std::size_t c = 0; c < n; c += lanes) {
      hn::Store(hn::MulAdd(moves, hn::Load(d, user + c), hn::Mul(learning_rate_decay, hn::Load(d, q + c))), d,
                q + c);
      hn::Store(hn::MulAdd(rates, hn::Load(d, gradient + c), hn::Mul(implicit_decay, hn::Load(d, y + c))), d,
                y + c);
    }
  }
  model.item_bias[item] = bias;
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(SvdppUser);
HWY_EXPORT(SvdppItem);

double svdpp_user(std::span<const idx_t> items, std::span<const float> values, const SvdppStep& step,
                  FactorModel& model, idx_t user, UserBatch& batch_size, std::size_t slot, float share) {
  return HWY_DYNAMIC_DISPATCH(SvdppUser)(items, values, step, model, user, batch_size, slot, share);
}
void svdpp_item(std::span<const BatchRating> ratings, const SvdppStep& step, const UserBatch& batch_size,
                idx_t item, FactorModel& model, Matrix& implicit) {
  HWY_DYNAMIC_DISPATCH(SvdppItem)(ratings, step, batch_size, item, model, implicit);
}

namespace reference {

double svdpp_user(std::span<const idx_t> items, std::span<const float> values, const SvdppStep& step,
                  FactorModel& model, idx_t user, UserBatch& batch_size, std::size_t slot, float share) {
  const auto p = model.users[user], z = batch_size.implicit[slot];
  std::vector<double> gradient(p.size());
  float& user_bias = model.user_bias[user];
  double loss = 0;
  for (std::size_t k = 0; k < items.size(); ++k) {
    const auto q = model.items[items[k]];
    double error = values[k] - (step.mean + user_bias + model.item_bias[items[k]]);
    for (std::size_t c = 0; c < p.size(); ++c) error -= q[c] * (p[c] + z[c]);
    loss += error * error;
    const auto e = static_cast<float>(error);
    user_bias += step.learning_rate * (e - step.bias_regularization * user_bias);
    for (std::size_t c = 0; c < p.size(); ++c) {
      gradient[c] += error * q[c];
      p[c] += step.learning_rate * (e * q[c] - step.regularization * p[c]);
    }
  }
  for (std::size_t c = 0; c < p.size(); ++c) {
    batch_size.effective[slot][c] = p[c] + z[c];
    batch_size.gradient[slot][c] = static_cast<float>(share * gradient[c]);
  }
  return loss;
}

void svdpp_item(std::span<const BatchRating> ratings, const SvdppStep& step, const UserBatch& batch_size,
                idx_t item, FactorModel& model, Matrix& implicit) {
  const auto q = model.items[item], y = implicit[item];
  float& bias = model.item_bias[item];
  for (const auto& [user, slot, value] : ratings) {
    const auto effective = batch_size.effective[slot], gradient = batch_size.gradient[slot];
    float error = value - (step.mean + model.user_bias[user] + bias);
    for (std::size_t c = 0; c < q.size(); ++c) error -= q[c] * effective[c];
    bias += step.learning_rate * (error - step.bias_regularization * bias);
    for (std::size_t c = 0; c < q.size(); ++c) {
      q[c] += step.learning_rate * (error * effective[c] - step.regularization * q[c]);
      y[c] += step.learning_rate * (gradient[c] - step.implicit_regularization * y[c]);
    }
  }
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
