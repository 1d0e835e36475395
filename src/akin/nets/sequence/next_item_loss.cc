#include "akin/nets/sequence/next_item_loss.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::attention {
namespace {

constexpr std::size_t kTileItems = 256;
constexpr std::size_t kShared =
    16;  // positions that share their negatives, whose rows are then read once for all
constexpr float kNever = -1e30f;  // the score of a negative that is the target

float softplus(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))); }
float sigma(float x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

LossKind parse_loss(std::string_view name) {
  if (name == "sampled-softmax") return LossKind::kSampledSoftmax;
  if (name == "softmax") return LossKind::kSoftmax;
  if (name == "bce") return LossKind::kBce;
  if (name == "gbce") return LossKind::kGbce;
  fail(ErrorCode::kUsage, "'{}' is no loss; there are sampled-softmax, softmax, bce and gbce", name);
}

float gbce_beta(std::size_t negatives, std::size_t items, float t) {
  if (items < 2) return 1;
  const double a = std::min(1.0, static_cast<double>(negatives) / static_cast<double>(items - 1));
  return static_cast<float>(a * (static_cast<double>(t) * (1 - 1 / a) + 1 / a));
}

void OutputTable::prepare(WorkerTeam& team) {
  const std::size_t n = items_.rows(), d = items_.cols(), width = items_.stride();
  constexpr std::size_t kGrain = 8 * kPanel;
  if (options_.temperature > 0) {
    if (unit_.empty()) unit_ = Matrix(n, d);
    lengths_.resize(n);
    team.run(n, kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        lengths_[i] = std::sqrt(dot(items_.row(i), items_.row(i), width));
        std::copy_n(items_.row(i), width, unit_.row(i));
        if (lengths_[i] > 0) scale(1 / lengths_[i], unit_.row(i), width);
      }
    });
  }
  if (options_.kind != LossKind::kSoftmax) return;
  const std::size_t panels = (n + kPanel - 1) / kPanel;
  panels_.resize(panels * kPanel * d);
  team.run(n, kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float* const to = panels_.data() + i / kPanel * kPanel * d + i % kPanel;
      for (std::size_t c = 0; c < d; ++c) to[c * kPanel] = rows().row(i)[c];
    }
  });
}

void OutputTable::add_back(std::size_t item, const float* gradient, float* to) const {
  const std::size_t width = items_.stride();
  if (options_.temperature <= 0) return axpy(1, gradient, to, width);
  if (lengths_[item] == 0) return;
  const float* const unit = unit_.row(item);
  axpy(1 / lengths_[item], gradient, to, width);
  axpy(-dot(unit, gradient, width) / lengths_[item], unit, to, width);
}

double NextItemLoss::operator()(const OutputTable& table, const Targets& targets, Rows states, Rows dstates,
                                ItemGradients& items) {
  const std::size_t width = table.rows().stride(), d = table.rows().cols();
  positions_.clear();
  for (std::size_t t = 0; t < targets.items.size(); ++t) {
    std::fill_n(dstates[t], width, 0.0f);
    if (targets.items[t] != kNoTarget) positions_.push_back(t);
  }
  const std::size_t n = positions_.size();
  make_room(states_, n, d);
  make_room(slopes_, n, d);
  scale_.assign(n, 1);
  for (std::size_t k = 0; k < n; ++k) {
    std::copy_n(states[positions_[k]], width, states_.row(k));
    std::fill_n(slopes_.row(k), width, 0.0f);
    if (options_.temperature <= 0) continue;
    const float length = std::sqrt(dot(states_.row(k), states_.row(k), width));
    scale_[k] = 1 / (std::max(length, 1e-12f) * options_.temperature);
    scale(scale_[k], states_.row(k), width);
  }
  double loss = 0;
  if (options_.kind == LossKind::kSoftmax) {
    if (n > 0) loss = softmax(table, targets, items);
  } else {
    for (std::size_t k = 0; k < n; k += kShared)
      loss += sampled(table, targets, {k, std::min(n, k + kShared)}, items);
  }
  for (std::size_t k = 0; k < n; ++k) {
    float* const to = dstates[positions_[k]];
    axpy(scale_[k], slopes_.row(k), to, width);
    if (options_.temperature <= 0) continue;
    // states_ is the unit vector over the temperature.
    const float along =
        dot(states_.row(k), slopes_.row(k), width) * options_.temperature * options_.temperature;
    axpy(-along * scale_[k], states_.row(k), to, width);
  }
  return loss;
}

/// Two ways through all items, as the probabilities of one position need the scores of all: they are computed anew
/// rather than kept.
double NextItemLoss::softmax(const OutputTable& table, const Targets& targets, ItemGradients& items) {
  const std::size_t n = positions_.size(), n_items = table.rows().rows(), d = table.rows().cols();
  const std::size_t width = table.rows().stride();
  make_room(logits_, n, kTileItems);
  Matrix& gradients = items.all();
  std::vector<LogSum> sums(n);
  const auto score = [&](std::size_t begin, std::size_t count) {
    const Panels all = table.panels();
    multiply(
        {as_is(states_), n, d, {all.data + begin / kPanel * all.panel, all.row, all.panel}, padded(count)},
        Write::kStore, rows_of(logits_));
  };
  for (std::size_t begin = 0; begin < n_items; begin += kTileItems) {
    const std::size_t count = std::min(kTileItems, n_items - begin);
    score(begin, count);
    for (std::size_t k = 0; k < n; ++k) add_exp(logits_.row(k), count, sums[k]);
  }
  double loss = 0;
  for (std::size_t begin = 0; begin < n_items; begin += kTileItems) {
    const std::size_t count = std::min(kTileItems, n_items - begin);
    score(begin, count);
    for (std::size_t k = 0; k < n; ++k) {
      const float log_sum = sums[k].most + std::log(sums[k].sum);
      const std::size_t target = targets.items[positions_[k]];
      const bool here = target >= begin && target < begin + count;
      if (here) loss += static_cast<double>(log_sum - logits_.row(k)[target - begin]);
      exp_minus(log_sum, targets.weight, logits_.row(k), count);
      if (here) logits_.row(k)[target - begin] -= targets.weight;
    }
    multiply({as_is(logits_), n, count, {table.rows().row(begin), width}, width}, Write::kAdd,
             rows_of(slopes_));
    multiply({transposed(logits_), count, n, whole(states_), width}, Write::kAdd,
             {gradients.row(begin), width});
  }
  return loss;
}

/// rows_ <- the negatives of positions from `first` on.
void NextItemLoss::draw(const OutputTable& table, const Targets& targets, std::size_t first) {
  const std::size_t n = table.rows().rows();
  rows_.clear();
  if (options_.negatives + 1 >= n && options_.batch_negatives == 0) {
    rows_.resize(n);
    std::iota(rows_.begin(), rows_.end(), idx_t{0});
    return;
  }
  Rng rng(targets.seeds[positions_[first]]);
  for (std::size_t j = 0; j < options_.negatives; ++j) rows_.push_back(static_cast<idx_t>(rng.below(n)));
  for (std::size_t j = 0; j < options_.batch_negatives; ++j)
    rows_.push_back(targets.pool[rng.below(targets.pool.size())]);
}

/// Turns the scores of the target and the negatives of a position into their gradients; returns the loss.
double NextItemLoss::slopes_of(const Targets& targets, idx_t target, float& own, float* scores) const {
  const std::size_t n = rows_.size();
  if (options_.kind == LossKind::kSampledSoftmax) {
    if (options_.batch_negatives > 0) {
      const auto uniform = static_cast<float>(options_.negatives) / static_cast<float>(n_items_);
      const auto drawn = static_cast<float>(options_.batch_negatives);
      const auto lower = [&](float& score, idx_t item) {
        score -= std::log(uniform + drawn * targets.frequency[item]);
      };
      lower(own, target);
      for (std::size_t j = 0; j < n; ++j) lower(scores[j], rows_[j]);
    }
    LogSum sum{own, 1};
    add_exp(scores, n, sum);
    const float log_sum = sum.most + std::log(sum.sum), loss = log_sum - own;
    exp_minus(log_sum, targets.weight, scores, n);
    own = targets.weight * (std::exp(-loss) - 1);
    return static_cast<double>(loss);
  }
  const float beta =
      options_.kind == LossKind::kBce ? 1 : gbce_beta(options_.negatives, n_items_, options_.calibration);
  double loss = static_cast<double>(beta * softplus(-own));
  own = targets.weight * beta * (sigma(own) - 1);
  for (std::size_t j = 0; j < n; ++j) {
    loss += static_cast<double>(softplus(scores[j]));
    scores[j] = targets.weight * sigma(scores[j]);
  }
  return loss;
}

/// Positions [first, last), which share their negatives.
double NextItemLoss::sampled(const OutputTable& table, const Targets& targets, Share part,
                             ItemGradients& items) {
  n_items_ = table.rows().rows();
  draw(table, targets, part.begin);
  const std::size_t n = rows_.size(), count = part.end - part.begin;
  const std::size_t d = table.rows().cols(), width = table.rows().stride();
  make_room(negatives_, n, d);
  make_room(negative_slopes_, n, d);
  make_room(group_, kShared, d);
  make_room(logits_, kShared, n);
  for (std::size_t r = 0; r < n; ++r) std::copy_n(table.rows().row(rows_[r]), width, negatives_.row(r));
  std::copy_n(states_.row(part.begin), count * width, group_.row(0));
  akin::multiply(negatives_, 0, n, FirstRows(group_, count), logits_.data(), logits_.stride());
  items.reserve(n + count);
  double loss = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const idx_t target = targets.items[positions_[part.begin + k]];
    float* const scores = logits_.row(k);
    for (std::size_t r = 0; r < n; ++r) {
      if (rows_[r] == target) scores[r] = kNever;
    }
    float own = dot(table.rows().row(target), group_.row(k), width);
    loss += slopes_of(targets, target, own, scores);
    axpy(own, table.rows().row(target), slopes_.row(part.begin + k), width);
    axpy(own, group_.row(k), items.row(target), width);
  }
  multiply({as_is(logits_), count, n, whole(negatives_), width}, Write::kAdd,
           {slopes_.row(part.begin), width});
  multiply({transposed(logits_), n, count, whole(group_), width}, Write::kStore, rows_of(negative_slopes_));
  for (std::size_t r = 0; r < n; ++r) axpy(1, negative_slopes_.row(r), items.row(rows_[r]), width);
  return loss;
}

}  // namespace akin::attention
