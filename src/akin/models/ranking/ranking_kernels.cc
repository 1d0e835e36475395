#include "akin/models/ranking/ranking_kernels.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)  // as in linalg/kernels.cc
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/ranking/ranking_kernels.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After foreach_target.h: this header is compiled once for each instruction set.
#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr float kCut = 80;  // e^80 is within float; beyond it the loss is |x| to single precision
constexpr std::size_t kSlots = 16;

HWY_INLINE void PrefetchRow(const float* row, std::size_t stride) {
  for (std::size_t c = 0; c < stride; c += 16) hwy::Prefetch(row + c);
}

/// x_k -> sigma(-x_k) for the first `n` of the kSlots entries, rounded up to a whole vector; returns the sum
/// of -ln sigma(x_k) over all of these. Entries that are not in use hold kCut, which adds nothing.
HWY_INLINE float Gradients(float* HWY_RESTRICT x, std::size_t n) {
  const hn::CappedTag<float, kSlots> d;
  const auto one = hn::Set(d, 1.0f);
  auto loss = hn::Zero(d);
  for (std::size_t k = 0; k < n; k += hn::Lanes(d)) {
    const auto value = hn::Load(d, x + k);
    const auto cut = hn::Min(hn::Max(value, hn::Set(d, -kCut)), hn::Set(d, kCut));
    const auto odds = hn::Exp(d, hn::Neg(cut));
    const auto sum = hn::Add(one, odds);
    hn::Store(hn::Div(odds, sum), d, x + k);
    // 0 x value: NaN and infinity, which the cut may swallow, must show.
    loss = hn::Add(loss, hn::MulAdd(hn::Zero(d), value, hn::Log(d, sum)));
  }
  return hn::GetLane(hn::SumOfLanes(d, loss));
}

/// sums_t = lanes of p . rows_t
template <std::size_t kRows, typename Pointer>
HWY_INLINE void LaneProducts(const float* p, const Pointer* rows, std::size_t stride, V* sums) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t t = 0; t < kRows; ++t) sums[t] = hn::Zero(d);
  for (std::size_t c = 0; c < stride; c += lanes) {
    const V u = hn::Load(d, p + c);
    for (std::size_t t = 0; t < kRows; ++t) sums[t] = hn::MulAdd(u, hn::Load(d, rows[t] + c), sums[t]);
  }
}

struct Decay {
  float user;
  float first;  ///< of row 0
  float others;
};

/// p <- decay p + sum_t moves_t rows_t and rows_t <- decay rows_t + moves_t p, with p as it was before; rows
/// may be the same.
template <std::size_t kRows>
HWY_INLINE void Move(const Decay& decay, const float* moves, float* p, float* const* rows,
                     std::size_t stride) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  V move[kRows];
  for (std::size_t t = 0; t < kRows; ++t) move[t] = hn::Set(d, moves[t]);
  const V user = hn::Set(d, decay.user), first = hn::Set(d, decay.first), others = hn::Set(d, decay.others);
  for (std::size_t c = 0; c < stride; c += lanes) {
    const V u = hn::Load(d, p + c);
    V moved = hn::Mul(user, u);
    for (std::size_t t = 0; t < kRows; ++t) {
      const V q = hn::Load(d, rows[t] + c);
      moved = hn::MulAdd(move[t], q, moved);
      hn::Store(hn::MulAdd(move[t], u, hn::Mul(t == 0 ? first : others, q)), d, rows[t] + c);
    }
    hn::Store(moved, d, p + c);
  }
}

/// The user's row and those of the items of one step.
template <std::size_t kRows>
struct Operands {
  float* user;
  std::array<float*, kRows> rows;
  std::array<float*, kRows> biases;

  HWY_INLINE void Set(FactorModel& model, std::size_t t, idx_t item) {
    rows[t] = model.items.row(item);
    biases[t] = &model.item_bias[item];
  }
};

/// Which part of each positive's items a call works on: negatives [first, first + count) of 1 + m items.
struct Slice {
  std::size_t first;
  std::size_t items;
};

/// Asks for the rows of positive k.
template <std::size_t kRows>
HWY_INLINE void PrefetchStep(const RankingBatch& batch, std::size_t k, const Slice& slice,
                             FactorModel& model) {
  const std::size_t stride = model.users.stride();
  const idx_t* items = batch.items.data() + k * slice.items;
  PrefetchRow(model.users.row(batch.users[k]), stride);
  PrefetchRow(model.items.row(items[0]), stride);
  for (std::size_t t = 1; t < kRows; ++t) PrefetchRow(model.items.row(items[slice.first + t]), stride);
}

/// Steps of positives [begin, begin + n), n <= group size, against kRows - 1 of their negatives.
template <std::size_t kRows>
HWY_INLINE float PairwiseGroup(const RankingBatch& batch, std::size_t begin, std::size_t n,
                               const Slice& slice, const RankingStep& step, FactorModel& model) {
  constexpr std::size_t kNegatives = kRows - 1, kGroup = pairwise_group(kNegatives);
  const D d;
  const std::size_t stride = model.users.stride();
  const float rate = step.learning_rate;
  Operands<kRows> operands[kGroup];
  HWY_ALIGN float x[kSlots];
  std::fill(x, x + kSlots, kCut);
  for (std::size_t g = 0; g < n; ++g) {
    const std::size_t k = begin + g;
    const idx_t* items = batch.items.data() + k * slice.items;
    Operands<kRows>& own = operands[g];
    own.user = model.users.row(batch.users[k]);
    own.Set(model, 0, items[0]);
    for (std::size_t t = 1; t < kRows; ++t) own.Set(model, t, items[slice.first + t]);
    V sums[kRows];
    LaneProducts<kRows>(own.user, own.rows.data(), stride, sums);
    for (std::size_t t = 1; t < kRows; ++t) {
      const float margin = hn::GetLane(hn::SumOfLanes(d, hn::Sub(sums[0], sums[t])));
      x[g * kNegatives + t - 1] =
          own.rows[t] == own.rows[0] ? kCut : *own.biases[0] - *own.biases[t] + margin;
    }
  }
  const float loss = Gradients(x, n * kNegatives);
  const Decay decay{1 - rate * step.user_regularization * kNegatives,
                    1 - rate * step.item_regularization * kNegatives,
                    1 - rate * step.negative_regularization};
  for (std::size_t g = 0; g < n; ++g) {
    Operands<kRows>& own = operands[g];
    float moves[kRows];
    moves[0] = 0;
    for (std::size_t t = 1; t < kRows; ++t) {
      const float move = rate * x[g * kNegatives + t - 1];
      moves[t] = -move;
      moves[0] += move;
      *own.biases[t] = *own.biases[t] * decay.others - move;
    }
    *own.biases[0] = *own.biases[0] * decay.first + moves[0];
    Move<kRows>(decay, moves, own.user, own.rows.data(), stride);
  }
  return loss;
}

template <std::size_t kRows>
double PairwiseSlice(const RankingBatch& batch, const Slice& slice, const RankingStep& step,
                     FactorModel& model) {
  constexpr std::size_t kGroup = pairwise_group(kRows - 1);
  double loss = 0;
  for (std::size_t k = 0; k < batch.size(); k += kGroup) {
    for (std::size_t a = k + kGroup; a < std::min(batch.size(), k + 2 * kGroup); ++a)
      PrefetchStep<kRows>(batch, a, slice, model);
    loss += PairwiseGroup<kRows>(batch, k, std::min(kGroup, batch.size() - k), slice, step, model);
  }
  return loss;
}

/// One step of logistic_steps(): kRows of the items of positive k, from item `slice.first` on.
template <std::size_t kRows>
HWY_INLINE float LogisticGroup(const RankingBatch& batch, std::size_t k, const Slice& slice,
                               const LogisticStep& step, FactorModel& model) {
  const D d;
  const std::size_t stride = model.users.stride();
  const float rate = step.learning_rate;
  const idx_t* items = batch.items.data() + k * slice.items + slice.first;
  Operands<kRows> own;
  own.user = model.users.row(batch.users[k]);
  for (std::size_t t = 0; t < kRows; ++t) own.Set(model, t, items[t]);
  V sums[kRows];
  LaneProducts<kRows>(own.user, own.rows.data(), stride, sums);
  float& user_bias = model.user_bias[batch.users[k]];
  const float base = step.mean + user_bias;
  HWY_ALIGN float x[kSlots];
  std::fill(x, x + kSlots, kCut);
  for (std::size_t t = 0; t < kRows; ++t) {
    const float score = base + *own.biases[t] + hn::GetLane(hn::SumOfLanes(d, sums[t]));
    x[t] = slice.first + t == 0 ? score : -score;
  }
  const float loss = Gradients(x, kRows);
  const float decay = 1 - rate * step.regularization;
  float moves[kRows];
  float sum = 0;
  for (std::size_t t = 0; t < kRows; ++t) {
    moves[t] = slice.first + t == 0 ? rate * x[t] : -rate * x[t];
    sum += moves[t];
    *own.biases[t] = *own.biases[t] * decay + moves[t];
  }
  const float user_decay = 1 - rate * step.regularization * kRows;
  user_bias = user_bias * user_decay + sum;
  Move<kRows>({user_decay, decay, decay}, moves, own.user, own.rows.data(), stride);
  return loss;
}

template <std::size_t kRows>
double LogisticSlice(const RankingBatch& batch, const Slice& slice, const LogisticStep& step,
                     FactorModel& model) {
  const std::size_t stride = model.users.stride();
  double loss = 0;
  for (std::size_t k = 0; k < batch.size(); ++k) {
    if (k + 1 < batch.size()) {
      const idx_t* items = batch.items.data() + (k + 1) * slice.items + slice.first;
      PrefetchRow(model.users.row(batch.users[k + 1]), stride);
      for (std::size_t t = 0; t < kRows; ++t) PrefetchRow(model.items.row(items[t]), stride);
    }
    loss += LogisticGroup<kRows>(batch, k, slice, step, model);
  }
  return loss;
}

/// Calls f<rows>() with rows = 1 ... kRankingRows as a constant, so that the sums stay in registers.
template <typename Function, std::size_t... kIndex>
HWY_INLINE void WithRows(std::size_t rows, const Function& f, std::index_sequence<kIndex...>) {
  (void)((rows == kIndex + 1 && (f(std::integral_constant<std::size_t, kIndex + 1>()), true)) || ...);
}
template <typename Function>
HWY_INLINE void WithRows(std::size_t rows, const Function& f) {
  WithRows(rows, f, std::make_index_sequence<kRankingRows>());
}

double PairwiseSteps(const RankingBatch& batch, const RankingStep& step, FactorModel& model) {
  double loss = 0;
  constexpr std::size_t kMost = kRankingRows - 1;
  for (std::size_t first = 0; first < batch.negatives; first += kMost) {
    const Slice slice{first, batch.negatives + 1};
    WithRows(1 + std::min(kMost, batch.negatives - first), [&](auto rows) {
      if constexpr (rows.value > 1) loss += PairwiseSlice<rows.value>(batch, slice, step, model);
    });
  }
  return loss;
}

double LogisticSteps(const RankingBatch& batch, const LogisticStep& step, FactorModel& model) {
  double loss = 0;
  for (std::size_t first = 0; first <= batch.negatives; first += kRankingRows) {
    const Slice slice{first, batch.negatives + 1};
    WithRows(std::min(kRankingRows, batch.negatives + 1 - first),
             [&](auto rows) { loss += LogisticSlice<rows.value>(batch, slice, step, model); });
  }
  return loss;
}

void Products(const float* x, std::span<const float* const> rows, std::size_t stride, float* out) {
  WithRows(rows.size(), [&](auto count) {
    V sums[count.value];
    LaneProducts<count.value>(x, rows.data(), stride, sums);
    const D d;
    for (std::size_t t = 0; t < count.value; ++t) out[t] = hn::GetLane(hn::SumOfLanes(d, sums[t]));
  });
}

void WeightedPairStep(const Triple& triple, float weight, const RankingStep& step, FactorModel& model) {
  const float rate = step.learning_rate, move = rate * weight;
  const float moves[] = {move, -move};
  float* const rows[] = {model.items.row(triple.positive), model.items.row(triple.negative)};
  const Decay decay{1 - rate * step.user_regularization, 1 - rate * step.item_regularization,
                    1 - rate * step.negative_regularization};
  float& bias_i = model.item_bias[triple.positive];
  float& bias_j = model.item_bias[triple.negative];
  bias_i = bias_i * decay.first + move;
  bias_j = bias_j * decay.others - move;
  Move<2>(decay, moves, model.users.row(triple.user), rows, model.users.stride());
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(PairwiseSteps);
HWY_EXPORT(LogisticSteps);
HWY_EXPORT(Products);
HWY_EXPORT(WeightedPairStep);

double pairwise_steps(const RankingBatch& batch, const RankingStep& step, FactorModel& model) {
  return HWY_DYNAMIC_DISPATCH(PairwiseSteps)(batch, step, model);
}
double logistic_steps(const RankingBatch& batch, const LogisticStep& step, FactorModel& model) {
  return HWY_DYNAMIC_DISPATCH(LogisticSteps)(batch, step, model);
}
void products(const float* x, std::span<const float* const> rows, std::size_t stride, float* out) {
  HWY_DYNAMIC_DISPATCH(Products)(x, rows, stride, out);
}
void weighted_pair_step(const Triple& triple, float weight, const RankingStep& step, FactorModel& model) {
  HWY_DYNAMIC_DISPATCH(WeightedPairStep)(triple, weight, step, model);
}

namespace reference {
namespace {

float product(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += a[c] * b[c];
  return sum;
}

/// The items of positive k in one slice: the positive, then negatives [first, first + count).
std::vector<idx_t> slice_of(const RankingBatch& batch, std::size_t k, std::size_t first, std::size_t count) {
  const idx_t* items = batch.items.data() + k * (batch.negatives + 1);
  std::vector<idx_t> slice = {items[0]};
  slice.insert(slice.end(), items + 1 + first, items + 1 + first + count);
  return slice;
}

}  // namespace

void weighted_pair_step(const Triple& triple, float weight, const RankingStep& step, FactorModel& model) {
  const float rate = step.learning_rate, li = step.item_regularization, lj = step.negative_regularization;
  const auto p = model.users[triple.user], qi = model.items[triple.positive],
             qj = model.items[triple.negative];
  float& bi = model.item_bias[triple.positive];
  float& bj = model.item_bias[triple.negative];
  bi += rate * (weight - li * bi);
  bj += rate * (-weight - lj * bj);
  for (std::size_t c = 0; c < p.size(); ++c) {
    const float u = p[c], i = qi[c], j = qj[c];
    p[c] += rate * (weight * (i - j) - step.user_regularization * u);
    qi[c] += rate * (weight * u - li * i);
    qj[c] += rate * (-weight * u - lj * j);
  }
}

double pairwise_steps(const RankingBatch& batch, const RankingStep& step, FactorModel& model) {
  double loss = 0;
  const float rate = step.learning_rate;
  for (std::size_t first = 0; first < batch.negatives; first += kRankingRows - 1) {
    const std::size_t count = std::min(kRankingRows - 1, batch.negatives - first),
                      group = pairwise_group(count);
    for (std::size_t begin = 0; begin < batch.size(); begin += group) {
      const std::size_t end = std::min(begin + group, batch.size());
      std::vector<float> z;
      for (std::size_t k = begin; k < end; ++k) {
        const std::vector<idx_t> items = slice_of(batch, k, first, count);
        const idx_t i = items[0];
        for (std::size_t t = 1; t < items.size(); ++t) {
          const idx_t j = items[t];
          const auto p = model.users[batch.users[k]];
          const float x = model.item_bias[i] - model.item_bias[j] + product(p, model.items[i]) -
                          product(p, model.items[j]);
          z.push_back(i == j ? 0 : 1 / (1 + std::exp(x)));
          if (i != j) loss += std::log1p(std::exp(-static_cast<double>(x)));
        }
      }
      for (std::size_t k = begin, at = 0; k < end; ++k) {
        const std::vector<idx_t> items = slice_of(batch, k, first, count);
        const std::vector<float> u(model.users[batch.users[k]].begin(), model.users[batch.users[k]].end());
        const float m = static_cast<float>(count);
        float sum = 0;
        for (std::size_t t = 0; t < count; ++t) sum += z[at + t];
        std::vector<float> moved(u);
        for (std::size_t t = 0; t < items.size(); ++t) {
          const float lambda = t == 0 ? m * step.item_regularization : step.negative_regularization;
          const float weight = t == 0 ? sum : -z[at + t - 1];
          const auto q = model.items[items[t]];
          for (std::size_t c = 0; c < u.size(); ++c) {
            moved[c] += rate * weight * q[c];
            q[c] += rate * (weight * u[c] - lambda * q[c]);
          }
        }
        for (std::size_t t = 1; t < items.size(); ++t) {
          float& bias = model.item_bias[items[t]];
          bias += rate * (-z[at + t - 1] - step.negative_regularization * bias);
        }
        float& bias = model.item_bias[items[0]];
        bias += rate * (sum - m * step.item_regularization * bias);
        for (std::size_t c = 0; c < u.size(); ++c)
          model.users[batch.users[k]][c] = moved[c] - rate * m * step.user_regularization * u[c];
        at += count;
      }
    }
  }
  return loss;
}

double logistic_steps(const RankingBatch& batch, const LogisticStep& step, FactorModel& model) {
  double loss = 0;
  const float rate = step.learning_rate, lambda = step.regularization;
  const std::size_t all = batch.negatives + 1;
  for (std::size_t first = 0; first < all; first += kRankingRows) {
    for (std::size_t k = 0; k < batch.size(); ++k) {
      const idx_t user = batch.users[k];
      const std::vector<float> u(model.users[user].begin(), model.users[user].end());
      const float user_bias = model.user_bias[user];
      std::vector<std::pair<idx_t, float>> errors;  // before any of the steps
      for (std::size_t t = first; t < std::min(all, first + kRankingRows); ++t) {
        const idx_t item = batch.items[k * all + t];
        const float score = step.mean + user_bias + model.item_bias[item] + product(u, model.items[item]);
        const float y = t == 0 ? 1 : 0;
        errors.emplace_back(item, y - 1 / (1 + std::exp(-score)));
        loss += std::log1p(std::exp(static_cast<double>(score))) - y * score;
      }
      for (const auto& [item, error] : errors) {
        const auto p = model.users[user], q = model.items[item];
        for (std::size_t c = 0; c < u.size(); ++c) {
          p[c] += rate * (error * q[c] - lambda * u[c]);
          q[c] += rate * (error * u[c] - lambda * q[c]);
        }
        model.user_bias[user] += rate * (error - lambda * user_bias);
        model.item_bias[item] += rate * (error - lambda * model.item_bias[item]);
      }
    }
  }
  return loss;
}

}  // namespace reference
}  // namespace akin
#endif  // HWY_ONCE
