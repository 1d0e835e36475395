#include "akin/models/ranking/warp.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/params.h"
#include "akin/models/ranking/pairwise_fit.h"

namespace akin {
namespace {

constexpr int kMostTrials = 100'000;
constexpr float kMargin = 1;

RankingStep step_of(const Warp::Config& config) {
  return {config.learning_rate, config.regularization, config.regularization, config.regularization};
}

/// Cuts the row to length `longest`.
void cut_row(float longest, Matrix& matrix, std::size_t row) {
  const float norm = std::sqrt(dot(matrix.row(row), matrix.row(row), matrix.stride()));
  if (norm > longest) scale(longest / norm, matrix.row(row), matrix.stride());
}

/// A violating item and the number of the draw that found it.
struct Violator {
  idx_t item;
  std::size_t trial;
  float excess;  ///< 1 - s_i + s_j
};

}  // namespace

std::vector<float> rank_weights(std::size_t n) {
  std::vector<float> weights(n, 0.0f);
  double sum = 0;
  for (std::size_t k = 1; k < n; ++k) weights[k] = static_cast<float>(sum += 1 / static_cast<double>(k));
  for (float& weight : weights) weight = sum > 0 ? static_cast<float>(weight / sum) : 1.0f;
  return weights;
}

std::vector<Param> Warp::Config::params() {
  return {
      factors_param(&factors, {16, 256}),
      epochs_param(&epochs, "epochs over the training events"),
      learning_rate_param(&learning_rate, "learning rate of the first epoch; it decreases linearly to 0",
                          {1e-2, 1}),
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on vectors and biases",
       0,
       100,
       {},
       true,
       {1e-5, 0.1}},
      {"max_norm", &max_norm, "maximum norm of a vector; 0 = no limit", 0, 1e6},
      {"max_trials",
       &max_trials,
       "maximum number of samples per positive until one violates the margin",
       1,
       kMostTrials,
       {},
       true,
       {10, 300}},
      init_length_param(&init_sigma),
  };
}

/// A fit under way.
struct Warp::Fit {
  const Config& config;
  const StripedMatrix& positives;
  PairwiseFit pairs;
  std::vector<float> weights;  // of ranks

  PairwiseFit::Loss go_through(BlockSchedule::Block& block, const NegativeSampler& sampler,
                               float learning_rate) {
    RankingStep step = step_of(config);
    step.learning_rate = learning_rate;
    double sum = 0;
    for (const Cell& cell : block.cells) sum += take_step(cell, step, sampler, block.rng);
    return {sum, block.cells.size()};
  }

  /// Returns the weighted hinge.
  double take_step(const Cell& cell, const RankingStep& step, const NegativeSampler& sampler, Rng& rng) {
    const auto found = find_violator(cell, sampler, rng);
    if (!found) return 0;
    FactorModel& model = pairs.model();
    const std::size_t rank = (model.items.rows() - 1) / found->trial;
    const float weight = weights[rank];
    const idx_t user = positives.row_of(cell.user);
    weighted_pair_step({user, cell.item, found->item}, weight, step, model);
    if (config.max_norm > 0) {
      cut_row(config.max_norm, model.users, user);
      cut_row(config.max_norm, model.items, cell.item);
      cut_row(config.max_norm, model.items, found->item);
    }
    return static_cast<double>(weight) * found->excess;
  }

  /// Scores draws a few at a time: two with the positive, since early on nearly every draw violates the
  /// margin, then as many as the kernel takes.
  std::optional<Violator> find_violator(const Cell& cell, const NegativeSampler& sampler, Rng& rng) const {
    const FactorModel& model = pairs.model();
    std::array<idx_t, kRankingRows> items;
    std::array<const float*, kRankingRows> rows;
    std::array<float, kRankingRows> scores;
    items[0] = cell.item;
    rows[0] = model.items.row(cell.item);
    float bar = 0;
    const auto most = static_cast<std::size_t>(config.max_trials);
    for (std::size_t trials = 0; trials < most;) {
      const std::size_t first = trials == 0 ? 1 : 0, wanted = trials == 0 ? 3 : kRankingRows;
      std::size_t n = first;
      for (; n < wanted && trials + n - first < most; ++n) {
        const auto item = sampler.draw(cell.user, rng);
        if (!item) break;
        items[n] = *item;
        rows[n] = model.items.row(*item);
      }
      if (n == first) return std::nullopt;
      products(model.users.row(positives.row_of(cell.user)), std::span(rows).first(n), model.users.stride(),
               scores.data());
      if (first == 1) bar = scores[0] + model.item_bias[cell.item] - kMargin;
      for (std::size_t t = first; t < n; ++t) {
        const float excess = scores[t] + model.item_bias[items[t]] - bar;
        // Not a number is a violation too, so that it shows.
        if (!(excess <= 0)) return Violator{items[t], trials + t - first + 1, excess};
      }
      trials += n - first;
    }
    return std::nullopt;
  }

  std::unique_ptr<Model> make_model() const {
    return std::unique_ptr<Model>(
        new Warp({pairs.factors(), pairs.sample(), step_of(config)}, config.max_trials));
  }
};

std::unique_ptr<Model> Warp::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  Csr own = positive_interactions(data, kName, context);
  const std::size_t stripes = BlockSchedule::stripes_for(own.cols);
  const StripedMatrix positives = divide_by_stripes(std::move(own), stripes, context);
  const Warp* old = start_model<Warp>(context);
  const MakeModel make = [&](Factors factors) {
    return std::unique_ptr<Model>(
        new Warp({std::move(factors), old->sample(), old->step()}, old->max_trials_));
  };
  const PairwiseFit::Plan plan{
      kName, config.factors, config.init_sigma, config.epochs, config.learning_rate, old, make};
  Fit fit{config, positives, PairwiseFit(positives, plan, {}, context), rank_weights(positives.n_items())};
  return fit.pairs.run(std::bind_front(&Fit::go_through, &fit), std::bind_front(&Fit::make_model, &fit),
                       context);
}

Warp::Warp(State state, int max_trials)
    : PairwiseModel(std::move(state)), max_trials_(max_trials), weights_(rank_weights(n_items())) {}

void Warp::count_violations() const {
  constexpr int kDraws = 32;
  Rng rng(n_items());
  const std::size_t stride = item_vectors().stride();
  for (std::size_t k = 0; k < sample().users.size(); ++k) {
    const float* user = stored_users().row(sample().users[k]);
    const float bar = dot(user, item_vectors().row(sample().items[k]), stride) - kMargin;
    int above = 0;
    for (int t = 0; t < kDraws; ++t)
      above += dot(user, item_vectors().row(rng.below(n_items())), stride) > bar;
    violations_.push_back(static_cast<float>(above) / kDraws * static_cast<float>(n_items()));
  }
}

std::optional<PairwiseModel::Negative> Warp::negative(const float* user, const float* positive,
                                                      std::span<const idx_t> history, Rng& rng) const {
  const std::size_t stride = item_vectors().stride();
  const float bar = dot(user, positive, stride) - kMargin;
  for (int trial = 1; trial <= max_trials_; ++trial) {
    const auto item = draw_item(history, rng);
    if (!item) return std::nullopt;
    if (dot(user, item_vectors().row(*item), stride) <= bar) continue;
    return Negative{*item, weights_[(n_items() - 1) / static_cast<std::size_t>(trial)]};
  }
  return std::nullopt;
}

/// Of the items that violate the margin each is the first drawn as often as the others; the step's weight is
/// part of the share.
double Warp::share(std::size_t k, std::size_t) const {
  std::call_once(counted_, [&] { count_violations(); });
  const float others = violations_[k];
  const double found =
      1 - std::pow(1 - std::min(1.0, (others + 1.0) / static_cast<double>(n_items())), max_trials_);
  const auto rank = std::min(static_cast<std::size_t>(others) + 1, n_items() - 1);
  return found * weights_[rank] / (others + 1);
}

float Warp::push(const float* user, const float* positive, const float* item, Rng&) const {
  const std::size_t stride = item_vectors().stride();
  return dot(user, item, stride) > dot(user, positive, stride) - kMargin ? 1.0f : 0.0f;
}

void Warp::save(TensorWriter& writer) const {
  PairwiseModel::save(writer);
  writer.tensor("model.max_trials", std::vector<float>{static_cast<float>(max_trials_)});
}

std::unique_ptr<Model> Warp::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new Warp(select_state(users), max_trials_));
}

std::unique_ptr<Model> Warp::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  State state = load_state(reader, n_users, n_items);
  const auto max_trials = reader.vector_in<float>("model.max_trials", 1, 1, kMostTrials);
  return std::unique_ptr<Model>(new Warp(std::move(state), static_cast<int>(max_trials[0])));
}

}  // namespace akin
