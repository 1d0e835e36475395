#include "akin/nets/pairs/ncf_trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/start.h"
#include "akin/nets/pairs/ncf_model.h"

namespace akin {
namespace {

constexpr std::uint64_t kDropout = 33;         // stream of random numbers
constexpr std::size_t kReportEvery = 1 << 18;  // pairs
constexpr std::size_t kHandedOut = 1 << 12;    // pairs that a thread takes at a time with hogwild

/// A model that processes trained may be trained further by one, with the parameters that it has.
bool goes_on(const FitContext& context) {
  return context.start != nullptr && context.start->model != nullptr;
}

/// The items whose vectors were given from outside: in the first fit, or in the one that it continues.
std::vector<char> frozen_items(const NcfTrainOptions& options, std::size_t n_items,
                               const FitContext& context) {
  if (!options.freeze_items) return {};
  std::vector<char> frozen(n_items, 0);
  const FitStart* const start = context.start;
  if (start != nullptr && start->items != nullptr) {
    frozen = start->items->given;
  } else if (const auto* const old = start_model<NcfModel>(context, options.model)) {
    for (std::size_t i = 0; i < old->net().items.rows(); ++i) frozen[i] = !is_zero(old->net().items[i]);
    for (const idx_t item : start->fold_items) frozen[item] = 0;
  } else {
    fail(ErrorCode::kUsage, "{}: freeze_items keeps item vectors that are given: name them with --init-items",
         options.model);
  }
  frozen.resize(n_items, 0);
  return frozen;
}

/// Who divide minibatches among them.
const Communicator& checked_ranks(const NcfTrainOptions& options, const FitContext& context) {
  if (options.async && options.hogwild)
    fail(ErrorCode::kUsage, "{}: async and hogwild are two ways to do without waiting; choose one",
         options.model);
  if (options.async && context.ranks().alone() && !goes_on(context)) {
    fail(ErrorCode::kUsage,
         "{}: async is for several processes, of which the first has the parameters and the others train; "
         "start "
         "them with mpirun -n 3, or leave it out",
         options.model);
  }
  if (options.async) return alone();
  if (options.hogwild && !context.ranks().alone()) {
    fail(ErrorCode::kUsage, "{}: hogwild is for threads of one process, and mpirun started {}; leave it out",
         options.model, context.ranks().size());
  }
  return context.ranks();
}

}  // namespace

NcfTrainer::NcfTrainer(const Csr& pairs, const NcfTrainOptions& options, int epochs,
                       const FitContext& context, NcfNet& net)
    : context_(context),
      net_(net),
      source_(pairs, options.negatives, context.seed, options.model),
      ranks_(checked_ranks(options, context), pairs, options.negatives, net),
      optimizers_(options, epochs, source_.size(), net),
      team_(options.batch > NcfTile::kPairs && !options.hogwild ? context.threads : 1) {
  optimizers_.frozen_items = frozen_items(options, net.items.rows(), context);
  if (options.async && !context.ranks().alone()) {
    if (context.ranks().first())
      server_.emplace(context.ranks(), optimizers_);
    else
      remote_.emplace(net, options, context.ranks());
  } else if (options.hogwild) {
    for (int worker = 0; worker < resolve_threads(context.threads); ++worker)
      workers_.push_back({NcfWorker(net, options), SharedParameters(optimizers_)});
  } else {
    batch_.emplace(net, options.objective, options.batch, ranks_.own());
  }
}

void NcfTrainer::gather() {
  if (server_ || remote_) return gather_from_server();
  ranks_.gather_users(net_.users);
  ranks_.gather_items(net_.items);
  if (!context_.observer) return;
  for (Matrix* const moment : optimizers_.users.moments()) ranks_.gather_users(*moment);
  for (Matrix* const moment : optimizers_.items.moments()) ranks_.gather_items(*moment);
}

/// The moments stay there: only the first rank steps, and writes checkpoints.
void NcfTrainer::gather_from_server() {
  std::vector<Matrix*> all = net_.dense();
  all.insert(all.end(), {&net_.users, &net_.items});
  for (Matrix* const matrix : all) {
    const std::span<float> numbers(matrix->data(), matrix->rows() * matrix->stride());
    context_.ranks().broadcast(std::as_writable_bytes(numbers), 0);
  }
}

void NcfTrainer::add_state(const std::string& prefix, FitState& state) {
  state.add(prefix + "users", net_.users);
  state.add(prefix + "items", net_.items);
  const auto add_moments = [&](const std::string& name, auto& optimizer) {
    for (Matrix* const moment : optimizer.moments())
      state.add(fmt::format("{}{}.moment{}", prefix, name, state.tensors().size()), *moment);
  };
  add_moments("users", optimizers_.users);
  add_moments("items", optimizers_.items);
  const std::vector<Matrix*> dense = net_.dense();
  for (std::size_t d = 0; d < dense.size(); ++d) {
    state.add(fmt::format("{}dense{}", prefix, d), *dense[d]);
    add_moments(fmt::format("dense{}", d), optimizers_.dense[d]);
  }
}

double NcfTrainer::run_epoch(int epoch) {
  source_.start_epoch(epoch);
  optimizers_.start_epoch(epoch);
  transpose_layers(net_, transposed_);
  const std::size_t batches = optimizers_.batches(), size = optimizers_.options.batch;
  const std::size_t each = std::max<std::size_t>(1, kReportEvery / size);
  double loss = 0;
  for (std::size_t first = 0; first < batches; first += each) {
    const std::size_t last = std::min(batches, first + each);
    loss += train(epoch, first, last);
    context_.check_stop();
    const std::size_t n = source_.size(), done = std::min(n, last * size);
    context_.report(
        {.phase = "training",
         .done = static_cast<std::uint64_t>(epoch) * n + done,
         .total = static_cast<std::uint64_t>(optimizers_.epochs) * n,
         .unit = "pairs",
         .loss = last < batches ? std::numeric_limits<double>::quiet_NaN() : loss / static_cast<double>(n)});
  }
  optimizers_.end_epoch(epoch, ranks_.own());
  if (server_ || remote_) context_.ranks().broadcast(std::as_writable_bytes(std::span(&loss, 1)), 0);
  if (!std::isfinite(loss))
    fail_diverged(optimizers_.options.model, epoch,
                  static_cast<float>(optimizers_.options.optimizer.learning_rate));
  return loss / static_cast<double>(source_.size());
}

double NcfTrainer::train(int epoch, std::size_t first, std::size_t last) {
  if (server_) return server_->serve(epoch, first, last);
  if (remote_) return train_remote(epoch, first, last);
  return batch_ ? train_together(epoch, first, last) : train_apart(epoch, first, last);
}

std::span<const std::uint32_t> NcfTrainer::samples(std::size_t batch) const {
  const std::size_t size = optimizers_.options.batch, begin = batch * size;
  return source_.order().subspan(begin, std::min(size, source_.size() - begin));
}

std::uint64_t NcfTrainer::dropout_seed(int epoch) const {
  return Rng::mix(context_.seed + kDropout + static_cast<std::uint64_t>(epoch) * 0x1000);
}

/// Minibatches [first, last), of each of which ranks and their threads take tiles.
double NcfTrainer::train_together(int epoch, std::size_t first, std::size_t last) {
  const std::size_t size = optimizers_.options.batch, until = std::min(last * size, source_.size());
  ranks_.read(source_, source_.order().subspan(first * size, until - first * size), team_);
  double loss = 0;
  for (std::size_t number = first; number < last; ++number) {
    if (optimizers_.options.linear) optimizers_.set_rate(optimizers_.rate_at({epoch, number}));
    optimizers_.users.begin_step();
    optimizers_.items.begin_step();
    read(samples(number));
    ranks_.fetch(net_, *batch_);
    const Share own = ranks_.tiles(*batch_);
    team_.run(own.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t tile = own.begin + begin; tile < own.begin + end; ++tile)
        batch_->epoch(net_, transposed_, tile, dropout_seed(epoch));
    });
    ranks_.exchange_gradients(*batch_);
    step();
    loss += batch_->loss();
  }
  return loss;
}

/// The minibatch's pairs and where their vectors are, brought up to date.
void NcfTrainer::read(std::span<const std::uint32_t> samples) {
  NcfBatch& batch = *batch_;
  batch.begin(samples);
  team_.run(batch.tiles(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t tile = begin; tile < end; ++tile) {
      ranks_.read_tile(source_, tile, batch);
      for (std::size_t s = batch.first(tile); s < batch.last(tile); ++s) {
        batch.user_row(s) = net_.users.row(batch.users()[s]);
        batch.item_row(s) = net_.items.row(batch.items()[s]);
      }
    }
  });
  team_.run(2, 1, [&](std::size_t begin, std::size_t end) {
    const auto catch_up = [](const RowGradients& rows, RowOptimizer& optimizer, Matrix& table) {
      for (std::size_t k = 0; k < rows.size(); ++k) optimizer.catch_up(rows.row(k), table.row(rows.row(k)));
    };
    for (std::size_t part = begin; part < end; ++part) {
      if (part == 0) {
        batch.find_users();
        catch_up(batch.user_gradients(), optimizers_.users, net_.users);
      } else {
        batch.find_items();
        catch_up(batch.item_gradients(), optimizers_.items, net_.items);
      }
    }
  });
}

/// One step down the gradients of the minibatch that passed.
void NcfTrainer::step() {
  const auto step_rows = [](const RowGradients& gradients, RowOptimizer& optimizer, Matrix& table,
                            const std::vector<char>& frozen) {
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      const idx_t row = gradients.row(k);
      if (frozen.empty() || !frozen[row]) optimizer.step(row, table.row(row), gradients.sum(k));
    }
  };
  team_.run(3, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t part = begin; part < end; ++part) {
      if (part == 0) {
        batch_->add_users();
        step_rows(batch_->user_gradients(), optimizers_.users, net_.users, {});
      } else if (part == 1) {
        batch_->add_items();
        step_rows(batch_->item_gradients(), optimizers_.items, net_.items, optimizers_.frozen_items);
      } else {
        step_dense();
      }
    }
  });
}

void NcfTrainer::step_dense() {
  batch_->add_dense();
  const std::vector<Matrix*> dense = net_.dense();
  for (std::size_t d = 0; d < dense.size(); ++d) {
    const Matrix& gradient = batch_->dense_gradients()[d];
    const std::size_t n = gradient.rows() * gradient.stride();
    optimizers_.dense[d].step({dense[d]->data(), n}, {gradient.data(), n});
  }
  transpose_layers(net_, transposed_);
}

/// Minibatches [first, last), of which every thread takes whole ones.
double NcfTrainer::train_apart(int epoch, std::size_t first, std::size_t last) {
  std::vector<double> losses(workers_.size());
  const std::size_t grain = std::max<std::size_t>(1, kHandedOut / optimizers_.options.batch);
  parallel_for(
      last - first, static_cast<int>(workers_.size()),
      [&](std::size_t begin, std::size_t end, int thread) {
        auto& [worker, parameters] = workers_[thread];
        double loss = 0;
        for (std::size_t number = first + begin; number < first + end; ++number)
          loss += worker.train({epoch, number}, source_, samples(number), dropout_seed(epoch), parameters);
        losses[thread] += loss;
      },
      grain);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

/// This rank's share of minibatches [first, last), whose losses the server adds up.
double NcfTrainer::train_remote(int epoch, std::size_t first, std::size_t last) {
  const auto workers = static_cast<std::size_t>(context_.ranks().size()) - 1;
  const auto worker = static_cast<std::size_t>(context_.ranks().rank()) - 1;
  for (std::size_t number = first; number < last; ++number) {
    if (number % workers != worker) continue;
    remote_->worker.train({epoch, number}, source_, samples(number), dropout_seed(epoch),
                          remote_->parameters);
  }
  return 0;
}

}  // namespace akin
