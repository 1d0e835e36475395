#include "akin/models/ranking/bpr.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/params.h"
#include "akin/models/ranking/pairwise_fit.h"

namespace akin {
namespace {

/// Positives whose negatives are drawn before their steps are taken: few enough that hard negatives are
/// scored by fresh vectors, and that what is drawn stays in the first cache.
constexpr std::size_t kChunk = 64;
constexpr int kMostCandidates = 1000;

float sigmoid(float x) { return 1 / (1 + std::exp(-std::clamp(x, -80.0f, 80.0f))); }

RankingStep step_of(const Bpr::Config& config) {
  const auto or_same = [&](float value) { return value < 0 ? config.regularization : value; };
  return {config.learning_rate, config.regularization, or_same(config.item_regularization),
          or_same(config.negative_regularization)};
}

std::vector<float> item_weights(std::span<const idx_t> counts, float power) {
  std::vector<float> weights(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    weights[i] = counts[i] == 0 ? 0.0f : std::pow(static_cast<float>(counts[i]), power);
  return weights;
}

}  // namespace

std::vector<Param> Bpr::Config::params() {
  return {
      factors_param(&factors, {16, 256}),
      epochs_param(&epochs, "epochs over the training events"),
      learning_rate_param(&learning_rate, "learning rate of the first epoch; it decreases linearly to 0",
                          {5e-3, 0.3}),
      {"regularization",
       &regularization,
       "lambda_u, the L2 penalty on user vectors",
       0,
       100,
       {},
       true,
       {1e-5, 0.1}},
      {"item_regularization", &item_regularization,
       "lambda_i, the L2 penalty on positive items; -1 = regularization", -1, 100},
      {"negative_regularization", &negative_regularization,
       "lambda_j, the L2 penalty on negative items; -1 = regularization", -1, 100},
      {"negatives", &negatives, "negative samples per event and epoch", 1, 1000, {}, true, {1, 8}},
      {"sampler",
       &sampler,
       "sampling of negatives: uniform, by popularity, or hard = the highest-scoring of some samples",
       0,
       0,
       {"uniform", "popularity", "hard"},
       false,
       kSearchChoices},
      {"negatives_power", &negatives_power,
       "sampler popularity: probability is proportional to (users of the item)^negatives_power", 0, 4},
      {"candidates",
       &candidates,
       "sampler hard: uniform samples per negative; the highest-scoring one is used",
       1,
       kMostCandidates,
       {},
       true,
       {2, 16}},
      init_length_param(&init_sigma),
  };
}

/// A fit under way.
struct Bpr::Fit {
  const Config& config;
  const StripedMatrix& positives;
  PairwiseFit pairs;
  std::vector<RankingBatch> batches;  // of each thread
  bool hard;

  PairwiseFit::Loss go_through(BlockSchedule::Block& block, const NegativeSampler& sampler,
                               float learning_rate) {
    RankingStep step = step_of(config);
    step.learning_rate = learning_rate;
    RankingBatch& batch = batches[static_cast<std::size_t>(block.worker)];
    PairwiseFit::Loss loss;
    for (std::size_t begin = 0; begin < block.cells.size(); begin += kChunk) {
      const auto cells = block.cells.subspan(begin, std::min(kChunk, block.cells.size() - begin));
      loss.pairs += draw_batch(cells, sampler, block.rng, batch);
      loss.sum += pairwise_steps(batch, step, pairs.model());
    }
    return loss;
  }

  /// The cells, each against its negatives from the block. Returns the number of negatives.
  std::uint64_t draw_batch(std::span<const Cell> cells, const NegativeSampler& sampler, Rng& rng,
                           RankingBatch& batch) const {
    const std::size_t each = batch.negatives + 1;
    batch.users.resize(cells.size());
    batch.items.resize(cells.size() * each);
    for (std::size_t k = 0; k < cells.size(); ++k) {
      batch.users[k] = cells[k].user;
      batch.items[k * each] = cells[k].item;
    }
    for (std::size_t t = 1; t < each; ++t) {
      if (!hard) {
        sampler.draw_each(batch.users, each, rng, batch.items.data() + t);
        continue;
      }
      for (std::size_t k = 0; k < cells.size(); ++k)
        batch.items[k * each + t] = draw_hard(cells[k].user, rng, sampler).value_or(NegativeSampler::kNone);
    }
    for (idx_t& user : batch.users) user = positives.row_of(user);
    std::uint64_t missing = 0;
    for (std::size_t k = 0; k < cells.size(); ++k) {
      idx_t* items = batch.items.data() + k * each;
      for (std::size_t t = 1; t < each; ++t) {
        if (items[t] != NegativeSampler::kNone) continue;
        items[t] = items[0];
        ++missing;
      }
    }
    return cells.size() * batch.negatives - missing;
  }

  std::optional<idx_t> draw_hard(idx_t user, Rng& rng, const NegativeSampler& sampler) const {
    const FactorModel& model = pairs.model();
    std::optional<idx_t> best;
    float best_score = 0;
    std::array<idx_t, kRankingRows> items;
    std::array<const float*, kRankingRows> rows;
    std::array<float, kRankingRows> scores;
    for (int left = config.candidates; left > 0;) {
      std::size_t n = 0;
      for (; n < kRankingRows && left > 0; --left) {
        const auto item = sampler.draw(user, rng);
        if (!item) return best;
        items[n] = *item;
        rows[n++] = model.items.row(*item);
      }
      products(model.users.row(positives.row_of(user)), std::span(rows).first(n), model.users.stride(),
               scores.data());
      for (std::size_t t = 0; t < n; ++t) {
        const float score = scores[t] + model.item_bias[items[t]];
        if (best && !(score > best_score)) continue;
        best = items[t];
        best_score = score;
      }
    }
    return best;
  }

  std::unique_ptr<Model> make_model() const {
    Sampling sampling;
    if (hard) sampling.candidates = config.candidates;
    if (config.sampler == "popularity") sampling = {1, config.negatives_power, pairs.counts()};
    return std::unique_ptr<Model>(
        new Bpr({pairs.factors(), pairs.sample(), step_of(config)}, std::move(sampling)));
  }
};

std::unique_ptr<Model> Bpr::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  Csr own = positive_interactions(data, kName, context);
  const std::size_t stripes = BlockSchedule::stripes_for(own.cols);
  const StripedMatrix positives = divide_by_stripes(std::move(own), stripes, context);
  const auto threads = static_cast<std::size_t>(resolve_threads(context.threads));
  const Bpr* old = start_model<Bpr>(context);
  const MakeModel make = [&](Factors factors) {
    return std::unique_ptr<Model>(new Bpr({std::move(factors), old->sample(), old->step()}, old->sampling_));
  };
  std::vector<float> weights;
  if (config.sampler == "popularity") weights = item_weights(positives.item_counts, config.negatives_power);
  const RankingBatch batch{static_cast<std::size_t>(config.negatives), {}, {}};
  const PairwiseFit::Plan plan{
      kName, config.factors, config.init_sigma, config.epochs, config.learning_rate, old, make};
  Fit fit{config, positives, PairwiseFit(positives, plan, weights, context),
          std::vector<RankingBatch>(threads, batch), config.sampler == "hard"};
  return fit.pairs.run(std::bind_front(&Fit::go_through, &fit), std::bind_front(&Fit::make_model, &fit),
                       context);
}

Bpr::Bpr(State state, Sampling sampling) : PairwiseModel(std::move(state)), sampling_(std::move(sampling)) {
  if (sampling_.power == 0) return;
  double sum = 0;
  for (const float weight : item_weights(sampling_.counts, sampling_.power))
    cumulative_.push_back(sum += weight);
}

std::optional<idx_t> Bpr::draw_negative(const float* user, std::span<const idx_t> history, Rng& rng) const {
  if (!cumulative_.empty()) {
    for (int attempt = 0; attempt < NegativeSampler::kTries; ++attempt) {
      const auto found = std::ranges::upper_bound(cumulative_, rng.uniform() * cumulative_.back());
      const auto at = static_cast<std::size_t>(found - cumulative_.begin());
      const auto item = static_cast<idx_t>(std::min(at, cumulative_.size() - 1));
      if (!std::ranges::binary_search(history, item)) return item;
    }
    return std::nullopt;
  }
  std::optional<idx_t> best;
  float best_score = 0;
  for (int c = 0; c < sampling_.candidates; ++c) {
    const auto item = draw_item(history, rng);
    if (!item || sampling_.candidates == 1) return item;
    const float score = dot(user, item_vectors().row(*item), item_vectors().stride());
    if (best && !(score > best_score)) continue;
    best = item;
    best_score = score;
  }
  return best;
}

std::optional<PairwiseModel::Negative> Bpr::negative(const float* user, const float* positive,
                                                     std::span<const idx_t> history, Rng& rng) const {
  const auto negative = draw_negative(user, history, rng);
  if (!negative) return std::nullopt;
  const std::size_t stride = item_vectors().stride();
  const float x = dot(user, positive, stride) - dot(user, item_vectors().row(*negative), stride);
  return Negative{*negative, sigmoid(-x)};
}

double Bpr::share(std::size_t, std::size_t n_users) const {
  if (!cumulative_.empty())
    return std::pow(static_cast<double>(n_users), static_cast<double>(sampling_.power)) / cumulative_.back();
  return sampling_.candidates / static_cast<double>(n_items());
}

float Bpr::push(const float* user, const float* positive, const float* item, Rng& rng) const {
  const std::size_t stride = item_vectors().stride();
  const float score = dot(user, item, stride);
  for (int c = 1; c < sampling_.candidates; ++c) {
    const auto other = draw_item({}, rng);
    if (other && dot(user, item_vectors().row(*other), stride) > score) return 0;
  }
  return sigmoid(score - dot(user, positive, stride));
}

void Bpr::save(TensorWriter& writer) const {
  PairwiseModel::save(writer);
  writer.tensor("model.sampling",
                std::vector<float>{static_cast<float>(sampling_.candidates), sampling_.power});
  if (sampling_.power > 0) writer.tensor("model.counts", sampling_.counts);
}

std::unique_ptr<Model> Bpr::select_users(std::span<const idx_t> users) const {
  return std::unique_ptr<Model>(new Bpr(select_state(users), sampling_));
}

std::unique_ptr<Model> Bpr::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  State state = load_state(reader, n_users, n_items);
  const auto numbers = reader.vector_in<float>("model.sampling", 2, 0, kMostCandidates);
  Sampling sampling{static_cast<int>(numbers[0]), numbers[1]};
  if (sampling.power > 0) sampling.counts = reader.vector<idx_t>("model.counts", n_items);
  if (sampling.power > 0 && std::ranges::all_of(sampling.counts, [](idx_t count) { return count == 0; }))
    reader.inconsistent("tensor model.counts: no item has a user");
  return std::unique_ptr<Model>(new Bpr(std::move(state), std::move(sampling)));
}

}  // namespace akin
