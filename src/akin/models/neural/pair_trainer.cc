#include "akin/models/neural/pair_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/optim/hogwild.h"

namespace akin {
namespace {

constexpr std::uint64_t kDropout = 33;         // stream of random numbers
constexpr std::size_t kReportEvery = 1 << 18;  // pairs
constexpr std::size_t kHandedOut = 1 << 12;    // pairs that a thread takes at a time with hogwild

IdleRows idle_rows(const PairTrainOptions& options) {
  return options.lazy ? IdleRows::kStay : IdleRows::kMoveOn;
}

}  // namespace

PairTrainer::Worker::Worker(const PairNet& shared, const PairTrainOptions& options)
    : batch(shared, options.objective, options.batch),
      net(shared.shape, 0, 0),
      users(options.batch, shared.users.cols()),
      items(options.batch, shared.items.cols()),
      user_copies(users.stride()),
      item_copies(items.stride()) {
  for (const Matrix* const matrix : net.dense()) dense_copies.emplace_back(matrix->rows() * matrix->stride());
}

PairTrainer::PairTrainer(const Csr& pairs, const PairTrainOptions& options, int epochs,
                         const Context& context, PairNet& net)
    : options_(options),
      epochs_(epochs),
      context_(context),
      net_(net),
      source_(pairs, options.negatives, context.seed, options.model),
      user_steps_(options.optimizer, net.users.rows(), net.users.cols(), idle_rows(options)),
      item_steps_(options.optimizer, net.items.rows(), net.items.cols(), idle_rows(options)),
      team_(options.batch > PairTile::kPairs && !options.hogwild ? context.threads : 1) {
  for (Matrix* const matrix : net.dense())
    dense_steps_.emplace_back(options.optimizer, matrix->rows() * matrix->stride());
  const int workers = options.hogwild ? resolve_threads(context.threads) : 0;
  for (int worker = 0; worker < workers; ++worker) workers_.emplace_back(net, options);
  if (workers == 0) batch_.emplace(net, options.objective, options.batch);
}

void PairTrainer::add_state(const std::string& prefix, FitState& state) {
  state.add(prefix + "users", net_.users);
  state.add(prefix + "items", net_.items);
  const auto add_moments = [&](const std::string& name, auto& optimizer) {
    for (Matrix* const moment : optimizer.moments())
      state.add(fmt::format("{}{}.moment{}", prefix, name, state.parts().size()), *moment);
  };
  add_moments("users", user_steps_);
  add_moments("items", item_steps_);
  const std::vector<Matrix*> dense = net_.dense();
  for (std::size_t d = 0; d < dense.size(); ++d) {
    state.add(fmt::format("{}dense{}", prefix, d), *dense[d]);
    add_moments(fmt::format("dense{}", d), dense_steps_[d]);
  }
}

double PairTrainer::run_epoch(int epoch) {
  source_.start_epoch(epoch);
  const std::uint64_t before = static_cast<std::uint64_t>(epoch) * batches();
  set_rate(rate_at(epoch, 0));
  user_steps_.set_steps(before);
  item_steps_.set_steps(before);
  for (DenseOptimizer& optimizer : dense_steps_) optimizer.set_steps(before);
  transpose_layers(net_, transposed_);
  const std::size_t each = std::max<std::size_t>(1, kReportEvery / options_.batch);
  double loss = 0;
  for (std::size_t first = 0; first < batches(); first += each) {
    const std::size_t last = std::min(batches(), first + each);
    loss += options_.hogwild ? train_apart(epoch, first, last) : train_together(epoch, first, last);
    context_.check_stop();
    const std::size_t n = source_.size(), done = std::min(n, last * options_.batch);
    context_.report({.phase = "training",
                     .done = static_cast<std::uint64_t>(epoch) * n + done,
                     .total = static_cast<std::uint64_t>(epochs_) * n,
                     .unit = "pairs",
                     .loss = loss / static_cast<double>(done)});
  }
  user_steps_.catch_up_all(before + batches(), net_.users);
  item_steps_.catch_up_all(before + batches(), net_.items);
  if (!std::isfinite(loss)) {
    fail(ErrorCode::kBadData, "{}: training diverged in epoch {}; lower learning_rate (now {})",
         options_.model, epoch + 1, options_.optimizer.learning_rate);
  }
  return loss / static_cast<double>(source_.size());
}

std::span<const std::uint32_t> PairTrainer::samples(std::size_t batch) const {
  const std::size_t begin = batch * options_.batch;
  return source_.order().subspan(begin, std::min(options_.batch, source_.size() - begin));
}

/// The step length of a minibatch.
float PairTrainer::rate_at(int epoch, std::size_t batch) const {
  const float rate = options_.optimizer.learning_rate;
  if (!options_.linear) return rate;
  const double part = static_cast<double>(batch * options_.batch) / static_cast<double>(source_.size());
  return static_cast<float>(rate * (1 - (epoch + part) / std::max(1, epochs_)));
}

void PairTrainer::set_rate(float rate) {
  user_steps_.set_learning_rate(rate);
  item_steps_.set_learning_rate(rate);
  for (DenseOptimizer& optimizer : dense_steps_) optimizer.set_learning_rate(rate);
}

std::uint64_t PairTrainer::dropout_seed(int epoch) const {
  return Rng::mix(context_.seed + kDropout + static_cast<std::uint64_t>(epoch) * 0x1000);
}

/// Minibatches [first, last), of each of which the threads take tiles.
double PairTrainer::train_together(int epoch, std::size_t first, std::size_t last) {
  double loss = 0;
  for (std::size_t number = first; number < last; ++number) {
    set_rate(rate_at(epoch, number));
    user_steps_.begin_step();
    item_steps_.begin_step();
    read(samples(number));
    team_.run(batch_->tiles(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t tile = begin; tile < end; ++tile)
        batch_->pass(net_, transposed_, tile, dropout_seed(epoch));
    });
    step();
    loss += batch_->loss();
  }
  return loss;
}

/// The minibatch's pairs and where their vectors are, brought up to date.
void PairTrainer::read(std::span<const std::uint32_t> samples) {
  PairBatch& batch = *batch_;
  batch.begin(samples);
  team_.run(batch.tiles(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      batch.read(source_, tile);
      for (std::size_t s = batch.first(tile); s < batch.last(tile); ++s) {
        batch.user_row(s) = net_.users.row(batch.users()[s]);
        batch.item_row(s) = net_.items.row(batch.items()[s]);
      }
    }
  });
  if (options_.lazy) return;
  team_.run(2, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part) {
      RowOptimizer& optimizer = part == 0 ? user_steps_ : item_steps_;
      Matrix& table = part == 0 ? net_.users : net_.items;
      for (const idx_t row : part == 0 ? batch.users() : batch.items())
        optimizer.catch_up(row, table.row(row));
    }
  });
}

/// One step down the gradients of the minibatch that passed.
void PairTrainer::step() {
  const auto step_rows = [](const RowGradients& gradients, RowOptimizer& optimizer, Matrix& table) {
    for (std::size_t k = 0; k < gradients.size(); ++k)
      optimizer.step(gradients.row(k), table.row(gradients.row(k)), gradients.sum(k));
  };
  team_.run(3, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part) {
      if (part == 0) {
        batch_->add_users();
        step_rows(batch_->user_gradients(), user_steps_, net_.users);
      } else if (part == 1) {
        batch_->add_items();
        step_rows(batch_->item_gradients(), item_steps_, net_.items);
      } else {
        step_dense();
      }
    }
  });
}

void PairTrainer::step_dense() {
  batch_->add_dense();
  const std::vector<Matrix*> dense = net_.dense();
  for (std::size_t d = 0; d < dense.size(); ++d) {
    const Matrix& gradient = batch_->dense_gradients()[d];
    const std::size_t n = gradient.rows() * gradient.stride();
    dense_steps_[d].step({dense[d]->data(), n}, {gradient.data(), n});
  }
  transpose_layers(net_, transposed_);
}

/// Minibatches [first, last), of which every thread takes whole ones.
double PairTrainer::train_apart(int epoch, std::size_t first, std::size_t last) {
  std::vector<double> losses(workers_.size());
  const std::size_t grain = std::max<std::size_t>(1, kHandedOut / options_.batch);
  parallel_for(
      last - first, static_cast<int>(workers_.size()),
      [&](std::size_t begin, std::size_t end, int worker) {
        double loss = 0;
        for (std::size_t number = first + begin; number < first + end; ++number)
          loss += train_alone(epoch, number, workers_[worker]);
        losses[worker] += loss;
      },
      grain);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

double PairTrainer::train_alone(int epoch, std::size_t number, Worker& worker) {
  PairBatch& batch = worker.batch;
  const std::uint64_t step = static_cast<std::uint64_t>(epoch) * batches() + number + 1;
  const std::vector<Matrix*> shared = net_.dense(), own = worker.net.dense();
  for (std::size_t d = 0; d < own.size(); ++d)
    hogwild_load(shared[d]->data(), own[d]->data(), own[d]->rows() * own[d]->stride());
  transpose_layers(worker.net, worker.transposed);
  batch.begin(samples(number));
  for (std::size_t tile = 0; tile < batch.tiles(); ++tile) {
    batch.read(source_, tile);
    for (std::size_t s = batch.first(tile); s < batch.last(tile); ++s) {
      const idx_t user = batch.users()[s], item = batch.items()[s];
      user_steps_.catch_up_hogwild(step, user, net_.users.row(user), worker.user_copies);
      item_steps_.catch_up_hogwild(step, item, net_.items.row(item), worker.item_copies);
      hogwild_load(net_.users.row(user), worker.users.row(s), worker.users.stride());
      hogwild_load(net_.items.row(item), worker.items.row(s), worker.items.stride());
      batch.user_row(s) = worker.users.row(s);
      batch.item_row(s) = worker.items.row(s);
    }
    batch.pass(worker.net, worker.transposed, tile, dropout_seed(epoch));
  }
  batch.add_users();
  batch.add_items();
  batch.add_dense();
  OptimizerOptions options = options_.optimizer;
  options.learning_rate = rate_at(epoch, number);
  const auto constants = step_constants<float>(options, step);
  const auto step_rows = [&](const RowGradients& gradients, RowOptimizer& optimizer, Matrix& table,
                             HogwildCopies& copies) {
    for (std::size_t k = 0; k < gradients.size(); ++k)
      optimizer.step_hogwild(step, constants, gradients.row(k), table.row(gradients.row(k)), gradients.sum(k),
                             copies);
  };
  step_rows(batch.user_gradients(), user_steps_, net_.users, worker.user_copies);
  step_rows(batch.item_gradients(), item_steps_, net_.items, worker.item_copies);
  for (std::size_t d = 0; d < own.size(); ++d)
    dense_steps_[d].step_hogwild(constants, shared[d]->data(), batch.dense_gradients()[d].data(),
                                 worker.dense_copies[d]);
  return batch.loss();
}

}  // namespace akin
