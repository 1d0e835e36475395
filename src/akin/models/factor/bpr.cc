#include "akin/models/factor/bpr.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/models/factor/interactions.h"
#include "akin/models/factor/sgd_kernels.h"
#include "akin/models/passes.h"
#include "akin/models/sampling.h"

namespace akin {
namespace {

// Streams of the seed.
constexpr std::uint64_t kUserStream = 1, kItemStream = 2, kScheduleStream = 3;

FactorModel initial_model(const Csr& positives, const Bpr::Config& config, std::uint64_t seed) {
  const auto factors = static_cast<std::size_t>(config.factors);
  const double sigma = config.init_sigma / std::sqrt(static_cast<double>(config.factors));
  FactorModel model;
  model.users = Matrix::normal(positives.rows(), factors, sigma, Rng(seed, kUserStream).next());
  model.items = Matrix::normal(positives.cols, factors, sigma, Rng(seed, kItemStream).next());
  model.item_bias.resize(positives.cols);
  clear_rows_without_entries(positives, model.users);
  return model;
}

/// The rows with one more column.
Matrix widen(const Matrix& matrix) {
  Matrix wide(matrix.rows(), matrix.cols() + 1);
  for (std::size_t r = 0; r < matrix.rows(); ++r) std::ranges::copy(matrix[r], wide[r].begin());
  return wide;
}

/// What a thread needs beside the model.
struct Scratch {
  explicit Scratch(const Csr& positives) : sampler(positives) {}
  NegativeSampler sampler;
  std::vector<Triple> triples;
};

/// The block's cells, each against `negatives` items of the block's stripe.
void draw_triples(BlockSchedule::Block& block, int negatives, Scratch& scratch) {
  scratch.triples.clear();
  scratch.sampler.start(block.items, block.cells.size());
  for (const Cell& cell : block.cells) scratch.sampler.add(cell.user, cell.item);
  for (const Cell& cell : block.cells) {
    for (int k = 0; k < negatives; ++k) {
      const auto negative = scratch.sampler.draw(cell.user, block.rng);
      if (negative) scratch.triples.push_back({cell.user, cell.item, *negative});
    }
  }
}

/// A uniformly random item that is not in the ascending `history`, or nullopt after as many tries as in
/// training.
std::optional<idx_t> draw_negative(std::span<const idx_t> history, std::size_t n_items, Rng& rng) {
  for (int attempt = 0; attempt < NegativeSampler::kTries; ++attempt) {
    const auto item = static_cast<idx_t>(rng.below(n_items));
    if (!std::ranges::binary_search(history, item)) return item;
  }
  return std::nullopt;
}

}  // namespace

/// A fit under way.
struct Bpr::Fit {
  const Csr& positives;
  const Config& config;
  FactorModel model;
  BlockSchedule schedule;
  std::vector<Scratch> scratch;  // of each thread

  double epoch(int number, const Context& context) {
    const float left = 1 - static_cast<float>(number) / static_cast<float>(config.epochs);
    const RankingStep step{config.learning_rate * left, config.regularization};
    std::atomic<std::uint64_t> drawn = 0;
    const double loss =
        schedule.run(static_cast<std::uint64_t>(number), context, [&](BlockSchedule::Block& block) {
          Scratch& own = scratch[static_cast<std::size_t>(block.worker)];
          draw_triples(block, config.negatives, own);
          drawn.fetch_add(own.triples.size(), std::memory_order_relaxed);
          return ranking_steps(own.triples, step, model);
        });
    if (drawn == 0)
      fail(ErrorCode::kBadData, "bpr: every user has chosen every item, so there is nothing to rank");
    if (!std::isfinite(loss) || !all_finite(model.users) || !all_finite(model.items)) {
      fail(ErrorCode::kBadData, "bpr: training diverged in epoch {}; lower learning_rate (now {})",
           number + 1, config.learning_rate);
    }
    return loss / static_cast<double>(drawn);
  }

  std::unique_ptr<Model> make_model() const {
    Matrix users = widen(model.users), items = widen(model.items);
    clear_rows_without_entries(transpose(positives), items);  // nothing is known of where they lie
    const std::size_t f = model.users.cols();
    for (std::size_t u = 0; u < users.rows(); ++u) users[u][f] = positives.row_size(u) > 0 ? 1.0f : 0.0f;
    for (std::size_t i = 0; i < items.rows(); ++i) items[i][f] = model.item_bias[i];
    return std::unique_ptr<Model>(
        new Bpr(std::move(users), std::move(items), {config.learning_rate, config.regularization}));
  }
};

std::unique_ptr<Model> Bpr::fit(const TrainingData& data, const Config& config, const Context& context) {
  context.check_stop();
  const Csr positives = positive_interactions(data, kName);
  const auto threads = static_cast<std::size_t>(resolve_threads(context.threads));
  Fit fit{positives, config, initial_model(positives, config, context.seed),
          BlockSchedule(positives, Rng(context.seed, kScheduleStream).next()),
          std::vector<Scratch>(threads, Scratch(positives))};
  run_passes({.total = config.epochs,
              .phase = "epoch",
              .unit = "epochs",
              .run = [&](int epoch) { return fit.epoch(epoch, context); },
              .snapshot = [&] { return fit.make_model(); }},
             state_of(fit.model), context);
  return fit.make_model();
}

bool Bpr::user_vector(const Query& query, std::span<float> out) const {
  if (const auto row = stored_row(users_, query); !row.empty()) {
    std::ranges::copy(row, out.begin());
    return true;
  }
  const HistoryRow row = positive_history_row(query);
  if (row.items.empty()) return false;
  Matrix user(1, items_.cols());
  user[0].back() = 1;
  descend(row.items, user[0]);
  std::ranges::copy(user[0], out.begin());
  return true;
}

/// `history` is ascending. `user` starts as [0, 1] and its last entry stays.
void Bpr::descend(std::span<const idx_t> history, std::span<float> user) const {
  std::uint64_t seed = history.size();
  for (const idx_t item : history) seed = Rng::mix(seed ^ item);
  Rng rng(seed);
  const std::size_t f = user.size() - 1;
  const std::size_t steps = std::clamp<std::size_t>(50 * history.size(), 2000, 50000);
  for (std::size_t t = 0; t < steps; ++t) {
    const float* qi = items_.row(history[t % history.size()]);
    const auto negative = draw_negative(history, items_.rows(), rng);
    if (!negative) continue;
    const float* qj = items_.row(*negative);
    const float rate = fold_in_.learning_rate * (1 - static_cast<float>(t) / static_cast<float>(steps));
    const float x = dot(user.data(), qi, f + 1) - dot(user.data(), qj, f + 1);
    const float move = rate / (1 + std::exp(std::clamp(x, -80.0f, 80.0f)));
    scale(1 - rate * fold_in_.regularization, user.data(), f);
    axpy(move, qi, user.data(), f);
    axpy(-move, qj, user.data(), f);
  }
}

void Bpr::save(TensorWriter& writer) const {
  write_matrix(writer, "model.users", users_);
  write_matrix(writer, "model.items", items_);
  writer.tensor("model.fold_in", std::vector<float>{fold_in_.learning_rate, fold_in_.regularization});
}

std::unique_ptr<Model> Bpr::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  Matrix items = read_matrix(reader, "model.items", n_items);
  if (items.cols() < 2)
    fail(ErrorCode::kBadData, "{}: model.items has {} columns", reader.path(), items.cols());
  Matrix users = read_matrix(reader, "model.users", n_users, items.cols());
  const auto numbers = reader.vector<float>("model.fold_in", 2);
  return std::unique_ptr<Model>(new Bpr(std::move(users), std::move(items), {numbers[0], numbers[1]}));
}

}  // namespace akin
