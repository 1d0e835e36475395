#include "akin/models/implicit/logistic_mf.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/block_schedule.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/sampling.h"
#include "akin/models/implicit/logistic_fold_in.h"
#include "akin/models/ranking/pairwise_model.h"

namespace akin {
namespace {

// Streams of the seed; 1 and 2 are those of normal_factors().
constexpr std::uint64_t kScheduleStream = 3, kSampleStream = 4;
/// Positives whose negatives are drawn before their steps are taken, so that their rows can be asked for.
constexpr std::size_t kChunk = 16;

float mean_of(const LogisticMf::Config& config) { return -std::log(static_cast<float>(config.negatives)); }

}  // namespace

std::vector<Param> LogisticMf::Config::params() {
  return {
      factors_param(&factors, {16, 256}),
      epochs_param(&epochs, "epochs over the training events"),
      learning_rate_param(&learning_rate, "learning rate of the first epoch", {1e-3, 0.1}),
      {"schedule",
       &schedule,
       "learning rate schedule: linear = decreases to 0, or constant",
       0,
       0,
       {"linear", "constant"}},
      {"regularization",
       &regularization,
       "lambda, the L2 penalty on vectors and biases",
       0,
       100,
       {},
       true,
       {1e-4, 0.05}},
      {"negatives", &negatives, "negative samples per event and epoch", 1, 1000, {}, true, {2, 16}},
      {"init_sigma", &init_sigma, "vectors start from N(0, init_sigma^2)", 1e-9, 100, {}, true},
  };
}

/// A fit under way.
struct LogisticMf::Fit {
  const StripedMatrix& positives;
  const Config& config;
  FactorModel model;
  BlockSchedule schedule;
  std::vector<RankingBatch> batches;  // of each thread
  FoldIn numbers;
  const Communicator& ranks;

  double epoch(int number, const FitContext& context) {
    LogisticStep step{config.learning_rate, config.regularization, numbers.mean};
    if (config.schedule == "linear")
      step.learning_rate *= 1 - static_cast<float>(number) / static_cast<float>(config.epochs);
    const double loss = schedule.run(
        static_cast<std::uint64_t>(number), context,
        [&](BlockSchedule::Block& block) {
          RankingBatch& batch = batches[static_cast<std::size_t>(block.worker)];
          double sum = 0;
          for (std::size_t begin = 0; begin < block.cells.size(); begin += kChunk) {
            batch.clear();
            const std::size_t end = std::min(begin + kChunk, block.cells.size());
            for (const Cell& cell : block.cells.subspan(begin, end - begin)) {
              batch.users.push_back(positives.row_of(cell.user));
              batch.items.push_back(cell.item);
              for (int k = 0; k < config.negatives; ++k)
                batch.items.push_back(block.items[block.rng.below(block.items.size())]);
            }
            sum += logistic_steps(batch, step, model);
          }
          return sum;
        },
        items_of(model));
    if (!std::isfinite(loss)) fail_diverged(kName, number, config.learning_rate);
    return loss / (static_cast<double>(positives.entries) * (config.negatives + 1));
  }

  std::unique_ptr<Model> make_model() const {
    check_converged(model, kName, ranks);
    const std::size_t f = model.users.cols();
    const DividedRows own = positives.rows_of(model.users);
    const Share share = ordered_share(own, ranks);
    Factors factors{Matrix(share.size(), f + 2), Matrix(model.items.rows(), f + 2)};
    std::vector<float> user_bias(share.size());
    rows_in_order(ranks, own, factors.users.data(), factors.users.stride());
    rows_in_order(ranks, positives.rows_of(model.user_bias), user_bias.data(), 1);
    for (std::size_t u = 0; u < share.size(); ++u) {
      if (positives.user_counts[share.begin + u] == 0) {
        std::ranges::fill(factors.users[u], 0.0f);
        continue;
      }
      factors.users[u][f] = 1;
      factors.users[u][f + 1] = numbers.mean + user_bias[u];
    }
    for (std::size_t i = 0; i < model.items.rows(); ++i) {
      if (positives.item_counts[i] > 0) std::ranges::copy(model.items[i], factors.items[i].begin());
      factors.items[i][f] = model.item_bias[i];
      factors.items[i][f + 1] = 1;
    }
    return std::unique_ptr<Model>(new LogisticMf(std::move(factors), numbers));
  }

  static FactorModel initial(const StripedMatrix& positives, const Config& config, const FitContext& context);
};

FactorModel LogisticMf::Fit::initial(const StripedMatrix& positives, const Config& config,
                                     const FitContext& context) {
  const auto f = static_cast<std::size_t>(config.factors);
  FactorModel model = normal_factors(positives, f, config.init_sigma, context);
  const auto* old = start_model<LogisticMf>(context);
  if (!old) {
    take_item_vectors(context, kName, model.items);
    return model;
  }
  const auto make = [old](Factors factors) {
    return std::unique_ptr<Model>(new LogisticMf(std::move(factors), old->fold_in_));
  };
  const Factors grown =
      grow_factors({*old, old->users_, f + 2, kName, make}, positives.by_user, *context.start);
  for (std::size_t u = 0; u < positives.n_users(); ++u) {
    std::ranges::copy(grown.users[u].first(f), model.users[u].begin());
    const bool known = grown.users[u][f] != 0;
    model.user_bias[u] = known ? grown.users[u][f + 1] - mean_of(config) : 0;
  }
  for (std::size_t i = 0; i < positives.n_items(); ++i) {
    std::ranges::copy(grown.items[i].first(f), model.items[i].begin());
    model.item_bias[i] = grown.items[i][f];
  }
  return model;
}

std::unique_ptr<Model> LogisticMf::fit(const TrainingData& data, const Config& config,
                                       const FitContext& context) {
  context.check_stop();
  Csr own = positive_interactions(data, kName, context);
  const std::size_t stripes = BlockSchedule::stripes_for(own.cols);
  const StripedMatrix positives = divide_by_stripes(std::move(own), stripes, context);
  const auto threads = static_cast<std::size_t>(resolve_threads(context.threads));
  std::vector<idx_t> sampled =
      sample_pairs(positives, Rng(context.seed, kSampleStream).next(), context.ranks()).users;
  sampled.resize(kFoldIn);
  Fit fit{
      positives,
      config,
      Fit::initial(positives, config, context),
      BlockSchedule(positives, Rng(context.seed, kScheduleStream).next()),
      std::vector<RankingBatch>(threads, RankingBatch{static_cast<std::size_t>(config.negatives), {}, {}}),
      {mean_of(config), config.regularization, static_cast<float>(config.negatives),
       static_cast<double>(positives.entries), std::move(sampled)},
      context.ranks()};
  run_epochs({.total = config.epochs,
              .phase = "epoch",
              .unit = "epochs",
              .run = [&](int epoch) { return fit.epoch(epoch, context); },
              .snapshot = [&] { return fit.make_model(); },
              .gather = [&] { gather_users(context.ranks(), positives, users_of(fit.model)); }},
             state_of(positives, fit.model, /*user_bias=*/true), context);
  return fit.make_model();
}

bool LogisticMf::user_vector(const Query& query, std::span<float> out) const {
  if (copy_stored_row(users_, query, out)) return true;
  const HistoryRow row = positive_history_row(query);
  if (row.items.empty()) return false;
  LogisticTerms terms;
  for (const idx_t item : row.items) terms.add(item, 1, 1);
  const float n = static_cast<float>(row.items.size()), draws = n * fold_in_.negatives;
  const std::size_t others = std::min(kFoldIn, n_items());
  Rng rng(seed_of(row.items));
  for (std::size_t k = 0; k < others; ++k) {
    const auto item = static_cast<idx_t>(others == n_items() ? k : rng.below(n_items()));
    terms.add(item, draws / static_cast<float>(others), 0);
  }
  const std::size_t f = embedding_dim();
  Matrix user(1, f + 2);
  user[0][f] = 1;
  user[0][f + 1] = fold_in_.mean;
  logistic_fold_in(items_, terms, fold_in_.regularization * (n + draws), f, user);
  std::ranges::copy(user[0], out.begin());
  return true;
}

bool LogisticMf::item_vector(std::span<const idx_t> users, std::span<const float> values,
                             std::span<float> out) const {
  LogisticTerms terms;
  for (const idx_t user : known_positive_users(users_, users, values).users) terms.add(user, 1, 1);
  if (terms.rows.empty()) return false;
  const auto draws = static_cast<float>(fold_in_.pairs * fold_in_.negatives / static_cast<double>(n_items()));
  const float n = static_cast<float>(terms.rows.size());
  for (const idx_t user : fold_in_.sampled_users) terms.add(user, draws / static_cast<float>(kFoldIn), 0);
  const std::size_t f = embedding_dim();
  Matrix item(1, f + 2);
  item[0][f + 1] = 1;
  logistic_fold_in(users_, terms, fold_in_.regularization * (n + draws), f + 1, item);
  std::ranges::copy(item[0], out.begin());
  return true;
}

void LogisticMf::save(TensorWriter& writer) const {
  write_factors(writer, users_, items_);
  writer.tensor("model.numbers",
                std::vector<float>{fold_in_.mean, fold_in_.regularization, fold_in_.negatives});
  writer.tensor("model.pairs", std::vector<double>{fold_in_.pairs});
  writer.tensor("model.sampled_users", fold_in_.sampled_users);
}

std::unique_ptr<Model> LogisticMf::select_users(std::span<const idx_t> users) const {
  FoldIn numbers = fold_in_;
  RemainingSample sample = remaining_sample(fold_in_.sampled_users, users);
  numbers.pairs *= sample.share;
  numbers.sampled_users = std::move(sample.users);
  return std::unique_ptr<Model>(
      new LogisticMf({Matrix::gather(users_, users), items_.clone()}, std::move(numbers)));
}

std::unique_ptr<Model> LogisticMf::load(const TensorReader& reader, std::size_t n_users,
                                        std::size_t n_items) {
  Factors factors = read_factors(reader, n_users, n_items, 3);
  const auto numbers = reader.vector<float>("model.numbers", 3);
  if (numbers[1] < 0 || numbers[2] < 0)
    reader.inconsistent("tensor model.numbers holds a negative penalty or count");
  auto sampled = reader.indices("model.sampled_users", kFoldIn, n_users);
  return std::unique_ptr<Model>(new LogisticMf(
      std::move(factors), {numbers[0], numbers[1], numbers[2],
                           reader.vector_in<double>("model.pairs", 1, 0, 1e18)[0], std::move(sampled)}));
}

}  // namespace akin
