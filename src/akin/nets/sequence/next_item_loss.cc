#include "akin/nets/sequence/next_item_loss.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/worker_team.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::attention {
namespace {

constexpr std::size_t kTileItems = 256;

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
    for (std::size_t k = 0; k < n; ++k) loss += sampled(table, targets, k, items);
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

/// rows_ <- the target of position k, then its negatives.
void NextItemLoss::draw(const OutputTable& table, const Targets& targets, std::size_t k) {
  const std::size_t t = positions_[k], n = table.rows().rows();
  const idx_t target = targets.items[t];
  Rng rng(targets.seeds[t]);
  rows_.assign(1, target);
  if (n > 1 && options_.negatives >= n - 1 && options_.kind == LossKind::kSampledSoftmax &&
      options_.batch_negatives == 0) {
    for (idx_t i = 0; i < n; ++i) {
      if (i != target) rows_.push_back(i);
    }
    return;
  }
  for (std::size_t j = 0; j < options_.negatives && n > 1; ++j) {
    const auto other = static_cast<idx_t>(rng.below(n - 1));
    rows_.push_back(other < target ? other : other + 1);
  }
  if (options_.kind != LossKind::kSampledSoftmax) return;
  for (std::size_t j = 0; j < options_.batch_negatives; ++j) {
    const idx_t other = targets.pool[rng.below(targets.pool.size())];
    if (other != target) rows_.push_back(other);
  }
}

double NextItemLoss::sampled(const OutputTable& table, const Targets& targets, std::size_t k,
                             ItemGradients& items) {
  draw(table, targets, k);
  const std::size_t n = rows_.size();
  scores_.resize(padded(n));
  gather_dots(table.rows(), rows_, states_.row(k), scores_.data());
  double loss = 0;
  if (options_.kind == LossKind::kSampledSoftmax) {
    if (options_.batch_negatives > 0) {
      const float uniform = static_cast<float>(options_.negatives) /
                            static_cast<float>(std::max<std::size_t>(1, table.rows().rows() - 1));
      const auto drawn = static_cast<float>(options_.batch_negatives);
      for (std::size_t j = 0; j < n; ++j)
        scores_[j] -= std::log(uniform + drawn * targets.frequency[rows_[j]]);
    }
    LogSum sum;
    add_exp(scores_.data(), n, sum);
    const float log_sum = sum.most + std::log(sum.sum);
    loss = static_cast<double>(log_sum - scores_[0]);
    exp_minus(log_sum, targets.weight, scores_.data(), n);
    scores_[0] -= targets.weight;
  } else {
    const float beta = options_.kind == LossKind::kBce
                           ? 1
                           : gbce_beta(options_.negatives, table.rows().rows(), options_.calibration);
    for (std::size_t j = 0; j < n; ++j) {
      loss += static_cast<double>(j == 0 ? beta * softplus(-scores_[0]) : softplus(scores_[j]));
      scores_[j] = targets.weight * (j == 0 ? beta * (sigma(scores_[0]) - 1) : sigma(scores_[j]));
    }
  }
  items.reserve(n);
  to_.clear();
  for (const idx_t row : rows_) to_.push_back(items.row(row));
  gather_back(table.rows(), {rows_, to_, scores_.data()}, states_.row(k), slopes_.row(k));
  return loss;
}

}  // namespace akin::attention
