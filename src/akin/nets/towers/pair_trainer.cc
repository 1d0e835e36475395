#include "akin/nets/towers/pair_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::towers {
namespace {

using attention::make_room;
using attention::Write;

constexpr std::uint64_t kShuffle = 74, kDraw = 75, kModule = 76;  // streams of random numbers
constexpr std::size_t kPairsAtOnce = 64;                          // that a thread scores
constexpr int kTries = 8;                                         // for another item than those of the pair

std::size_t blocks_of(std::size_t n, std::size_t block) { return (n + block - 1) / block; }

/// ln(1 + exp(-z)) where together, else ln(1 + exp(z)).
double logistic_loss(float z, bool together) {
  const auto against = static_cast<double>(together ? -z : z);
  return std::max(0.0, against) + std::log1p(std::exp(-std::abs(against)));
}
float logistic_slope(float z, bool together) { return 1 / (1 + std::exp(-z)) - (together ? 1.0F : 0.0F); }

}  // namespace

PairTrainer::PairTrainer(const PairSource& pairs, std::span<const Csr> features, const PairOptions& options,
                         const FitContext& context, std::vector<PairModule>& modules, PairUnit& unit)
    : pairs_(pairs),
      options_(options),
      context_(context),
      modules_(modules),
      unit_(unit),
      team_(context.threads),
      order_(pairs.size()),
      items_(features[0].rows()),
      gradients_(unit.clone()) {
  std::vector<double> weights = pairs.seconds(features[0].rows());
  for (double& weight : weights)
    weight = weight > 0 ? std::pow(weight, static_cast<double>(options.power)) : 0;
  table_ = std::make_unique<AliasTable>(weights);
  for (std::size_t m = 0; m < modules.size(); ++m) {
    learners_.push_back(
        std::make_unique<TowerLearner>(features[m],
                                       LearnerOptions{.optimizer = options.optimizer,
                                                      .dropout = options.dropout,
                                                      .id_dropout = options.id_dropout,
                                                      .drop_all = true,
                                                      .seed = context.seed ^ Rng::mix((kModule << 40) + m)},
                                       modules[m].tower));
    scale_gradients_.emplace_back(1, 2);
    scale_optimizers_.emplace_back(options.optimizer, scale_gradients_[m].stride());
  }
  for (const auto& [name, matrix] : unit.arrays())
    unit_optimizers_.emplace_back(options.optimizer, matrix->rows() * matrix->stride());
}

FitState PairTrainer::state() {
  FitState state;
  for (std::size_t m = 0; m < modules_.size(); ++m) {
    learners_[m]->add_state(state, fmt::format("module{}.", m));
    add_tensor(state, fmt::format("module{}.scale", m), modules_[m].scale, scale_optimizers_[m].moments());
  }
  const auto arrays = unit_.arrays();
  for (std::size_t k = 0; k < arrays.size(); ++k)
    add_tensor(state, "unit." + arrays[k].first, *arrays[k].second, unit_optimizers_[k].moments());
  return state;
}

double PairTrainer::run_epoch(int epoch, std::string_view model) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const std::uint64_t batches = blocks_of(order_.size(), options_.batch);
  for (const auto& learner : learners_) learner->set_steps(number * batches);
  for (auto* const optimizers : {&scale_optimizers_, &unit_optimizers_}) {
    for (DenseOptimizer& optimizer : *optimizers) optimizer.set_steps(number * batches);
  }
  std::iota(order_.begin(), order_.end(), 0U);
  Rng(context_.seed, (kShuffle << 32) + number).shuffle(std::span(order_));
  double loss = 0, pairs = 0;
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    context_.check_stop();
    const std::size_t begin = batch * options_.batch, end = std::min(order_.size(), begin + options_.batch);
    loss += step(number * batches + batch, std::span(order_).subspan(begin, end - begin));
    pairs += static_cast<double>(batch_.size());
    if (!std::isfinite(loss))
      fail_diverged(model, epoch, static_cast<float>(options_.optimizer.learning_rate));
  }
  return loss / std::max(1.0, pairs);
}

/// One step down the mean losses of these pairs; returns the sum of the unit's.
double PairTrainer::step(std::uint64_t number, std::span<const std::uint32_t> numbers) {
  draw_pairs(number, numbers);
  if (batch_.empty()) return 0;
  pass_.make_room(unit_, batch_.size());
  for (const auto& learner : learners_) {
    learner->read(items_.items(), number);
    learner->forward(team_);
  }
  team_.run(modules_.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t m = begin; m < end; ++m) score_module(m);
  });
  const double loss = score_unit();
  for (std::size_t m = 0; m < modules_.size(); ++m) {
    learners_[m]->step(team_);
    step_matrix(scale_optimizers_[m], modules_[m].scale, scale_gradients_[m]);
  }
  const auto arrays = unit_.arrays(), gradients = gradients_.arrays();
  for (std::size_t k = 0; k < arrays.size(); ++k)
    step_matrix(unit_optimizers_[k], *arrays[k].second, *gradients[k].second);
  return loss;
}

void PairTrainer::draw_pairs(std::uint64_t number, std::span<const std::uint32_t> numbers) {
  items_.clear();
  batch_.clear();
  const auto row = [&](idx_t item) { return static_cast<std::uint32_t>(items_.add(item)); };
  for (const std::uint32_t each : numbers) {
    Rng rng(context_.seed ^ Rng::mix((kDraw << 40) + number), each);
    const auto pair = pairs_.pair(each, rng);
    if (pair.first == pair.second) continue;
    batch_.push_back({row(pair.first), row(pair.second), true});
    for (std::size_t k = 0; k < options_.negatives; ++k) {
      idx_t other = table_->draw(rng);
      for (int t = 0; t < kTries && (other == pair.first || other == pair.second); ++t)
        other = table_->draw(rng);
      if (other != pair.first && other != pair.second) batch_.push_back({row(pair.first), row(other), false});
    }
  }
}

/// The module's similarities of all pairs, and the gradients of its own loss.
void PairTrainer::score_module(std::size_t module) {
  ItemPass& pass = learners_[module]->pass();
  const Matrix& vectors = pass.vectors();
  const float alpha = modules_[module].scale.row(0)[0], beta = modules_[module].scale.row(0)[1];
  Matrix& gradient = scale_gradients_[module];
  attention::clear_rows(gradient, 1);
  const float weight = 1 / static_cast<float>(batch_.size());
  for (std::size_t p = 0; p < batch_.size(); ++p) {
    const Pair& pair = batch_[p];
    const bool silent = !learners_[module]->reads(pair.a) || !learners_[module]->reads(pair.b);
    const float x = silent ? 0 : dot(vectors.row(pair.a), vectors.row(pair.b), vectors.stride());
    pass_.inputs().row(p)[module] = x;
    pass_.silent(p)[module] = silent ? 1 : 0;
    if (silent) continue;
    const float slope = weight * logistic_slope(alpha * x + beta, pair.together);
    gradient.row(0)[0] += slope * x;
    gradient.row(0)[1] += slope;
    axpy(alpha * slope, vectors.row(pair.b), pass.slopes().row(pair.a), vectors.stride());
    axpy(alpha * slope, vectors.row(pair.a), pass.slopes().row(pair.b), vectors.stride());
  }
}

/// The sum of the unit's losses, and its gradients.
double PairTrainer::score_unit() {
  const std::size_t n = batch_.size(), rows = items_.items().size(), width = unit_.embedding.cols();
  if (width > 0) {
    std::vector<const Matrix*> vectors;
    for (const auto& learner : learners_) vectors.push_back(&learner->pass().vectors());
    make_room(embedded_, rows, width);
    make_room(embedded_slopes_, rows, width);
    team_.run(blocks_of(rows, kPairsAtOnce), 1, [&](std::size_t first, std::size_t last) {
      embed(unit_, vectors, first * kPairsAtOnce, std::min(rows, last * kPairsAtOnce), embedded_);
    });
  }
  team_.run(blocks_of(n, kPairsAtOnce), 1, [&](std::size_t first, std::size_t last) {
    const std::size_t begin = first * kPairsAtOnce, end = std::min(n, last * kPairsAtOnce);
    for (std::size_t p = begin; p < end; ++p) {
      for (std::size_t c = 0; c < width; ++c)
        pass_.inputs().row(p)[unit_.modules + c] =
            embedded_.row(batch_[p].a)[c] * embedded_.row(batch_[p].b)[c];
    }
    pass_.forward(unit_, begin, end);
  });
  double loss = 0;
  slopes_.resize(n);
  for (std::size_t p = 0; p < n; ++p) {
    loss += logistic_loss(pass_.logit(p), batch_[p].together);
    slopes_[p] = logistic_slope(pass_.logit(p), batch_[p].together) / static_cast<float>(n);
  }
  pass_.backward(unit_, slopes_, gradients_);
  if (width > 0) embedding_gradient();
  return loss;
}

/// From the gradients of h to that of E.
void PairTrainer::embedding_gradient() {
  const std::size_t rows = items_.items().size(), width = unit_.embedding.cols();
  attention::clear_rows(embedded_slopes_, rows);
  for (std::size_t p = 0; p < batch_.size(); ++p) {
    const Pair& pair = batch_[p];
    const float* const slope = pass_.input_slopes().row(p) + unit_.modules;
    for (std::size_t c = 0; c < width; ++c) {
      embedded_slopes_.row(pair.a)[c] += slope[c] * embedded_.row(pair.b)[c];
      embedded_slopes_.row(pair.b)[c] += slope[c] * embedded_.row(pair.a)[c];
    }
  }
  team_.run(modules_.size(), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t m = first; m < last; ++m) {
      const Matrix& vectors = learners_[m]->pass().vectors();
      const std::size_t d = vectors.cols();
      attention::multiply({{vectors.data(), 1, vectors.stride()},
                           d,
                           rows,
                           attention::whole(embedded_slopes_),
                           embedded_slopes_.stride()},
                          Write::kStore, {gradients_.embedding.row(m * d), gradients_.embedding.stride()});
    }
  });
}

}  // namespace akin::towers
