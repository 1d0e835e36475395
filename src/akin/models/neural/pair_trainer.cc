#include "akin/models/neural/pair_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

enum Stream : std::uint64_t { kOrder = 31, kNegatives, kDropout };
constexpr std::size_t kReportEvery = 1 << 18;  // pairs

}  // namespace

LossAt loss_at(PairLoss loss, float y, float target) {
  const float error = y - target;
  switch (loss) {
    case PairLoss::kAbsolute:
      return {std::abs(error), error > 0 ? 1.0f : error < 0 ? -1.0f : 0.0f};
    case PairLoss::kSquared:
      return {error * error, 2 * error};
    case PairLoss::kLogistic:
      break;
  }
  const float away = std::exp(-std::abs(y));  // ln(1 + e^y) without overflow
  const float sigma = y >= 0 ? 1 / (1 + away) : away / (1 + away);
  return {std::max(y, 0.0f) - y * target + std::log1p(away), sigma - target};
}

PairTrainer::PairTrainer(const Csr& pairs, const PairTrainOptions& options, int epochs,
                         const Context& context, PairNet& net)
    : pairs_(pairs),
      options_(options),
      epochs_(epochs),
      context_(context),
      net_(net),
      user_steps_(options.optimizer, net.users.rows(), net.users.cols()),
      item_steps_(options.optimizer, net.items.rows(), net.items.cols()),
      users_(options.batch),
      items_(options.batch),
      targets_(options.batch),
      user_gradients_(options.batch, net.users.cols()),
      item_gradients_(options.batch, net.items.cols()),
      user_sum_{
          std::vector<std::uint32_t>(net.users.rows()), std::vector<std::uint32_t>(net.users.rows()), {}},
      item_sum_{
          std::vector<std::uint32_t>(net.items.rows()), std::vector<std::uint32_t>(net.items.rows()), {}},
      team_(options.batch > PairTile::kPairs ? context.threads : 1) {
  if (n_samples() > 0xFFFFFFFF) {
    fail(ErrorCode::kBadData, "{}: {} pairs with {} negatives each are more than 2^32; take fewer negatives",
         options.model, pairs.values.size(), options.negatives);
  }
  for (std::size_t user = 0; user < pairs.rows(); ++user)
    user_of_.resize(pairs.offsets[user + 1], static_cast<idx_t>(user));
  for (Matrix* const matrix : net.dense())
    dense_steps_.emplace_back(options.optimizer, matrix->rows() * matrix->stride());
  for (std::size_t begin = 0; begin < options.batch; begin += PairTile::kPairs) tiles_.emplace_back(net);
  losses_.resize(tiles_.size());
  if (options.negatives == 0) return;
  all_items_.resize(net.items.rows());
  std::iota(all_items_.begin(), all_items_.end(), idx_t{0});
  sampler_.emplace(pairs);
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
  const std::size_t n = n_samples();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  const auto number = static_cast<std::uint64_t>(epoch);
  Rng(Rng::mix(context_.seed + kOrder), number).shuffle(std::span(order));
  if (sampler_) {
    sampler_->start(all_items_, pairs_.values.size(),
                    Rng(Rng::mix(context_.seed + kNegatives), number).next());
    for (std::size_t e = 0; e < pairs_.values.size(); ++e) sampler_->add(user_of_[e], pairs_.indices[e]);
  }
  const std::uint64_t batches = (n + options_.batch - 1) / options_.batch;
  user_steps_.set_steps(number * batches);
  item_steps_.set_steps(number * batches);
  for (DenseOptimizer& optimizer : dense_steps_) optimizer.set_steps(number * batches);
  transpose_layers(net_, transposed_);
  double loss = 0;
  std::size_t reported = 0;
  for (std::size_t begin = 0; begin < n; begin += options_.batch) {
    if (options_.linear)
      set_rate(static_cast<double>(epoch) + static_cast<double>(begin) / static_cast<double>(n));
    train_batch(epoch, std::span(order).subspan(begin, std::min(options_.batch, n - begin)));
    for (const double tile : losses_) loss += tile;
    const std::size_t done = begin + samples_.size();
    if (done - reported < kReportEvery && done < n) continue;
    reported = done;
    context_.check_stop();
    context_.report({.phase = "training",
                     .done = number * n + done,
                     .total = static_cast<std::uint64_t>(epochs_) * n,
                     .unit = "pairs",
                     .loss = loss / static_cast<double>(done)});
  }
  if (!std::isfinite(loss)) {
    fail(ErrorCode::kBadData, "{}: training diverged in epoch {}; lower learning_rate (now {})",
         options_.model, epoch + 1, options_.optimizer.learning_rate);
  }
  return loss / static_cast<double>(n);
}

/// The step length after so many epochs.
void PairTrainer::set_rate(double done) {
  const double left = 1 - done / static_cast<double>(std::max(1, epochs_));
  const auto rate = static_cast<float>(options_.optimizer.learning_rate * left);
  user_steps_.set_learning_rate(rate);
  item_steps_.set_learning_rate(rate);
  for (DenseOptimizer& optimizer : dense_steps_) optimizer.set_learning_rate(rate);
}

void PairTrainer::train_batch(int epoch, std::span<const std::uint32_t> samples) {
  samples_ = samples;
  const std::size_t n_tiles = (samples.size() + PairTile::kPairs - 1) / PairTile::kPairs;
  std::ranges::fill(losses_, 0.0);
  team_.run(n_tiles, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t tile = first; tile < last; ++tile) pass_tile(epoch, tile);
  });
  user_steps_.begin_step();
  item_steps_.begin_step();
  const float penalty = options_.regularization / static_cast<float>(samples.size());
  const std::span<const idx_t> users = std::span(users_).first(samples.size());
  const std::span<const idx_t> items = std::span(items_).first(samples.size());
  team_.run(3, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t part = first; part < last; ++part) {
      if (part == 0) step_rows(users, penalty, user_gradients_, user_sum_, user_steps_, net_.users);
      if (part == 1) step_rows(items, penalty, item_gradients_, item_sum_, item_steps_, net_.items);
      if (part == 2) step_dense();
    }
  });
}

/// Fills the minibatch's pairs first .. first + count.
void PairTrainer::draw(int epoch, std::size_t first, std::size_t count) {
  const std::size_t each = options_.negatives + 1;
  for (std::size_t s = first; s < first + count; ++s) {
    const std::uint32_t sample = samples_[s];
    const std::size_t entry = sample / each;
    users_[s] = user_of_[entry];
    items_[s] = pairs_.indices[entry];
    if (!sampler_) {
      targets_[s] = pairs_.values[entry];
      continue;
    }
    targets_[s] = 1;
    if (sample % each == 0) continue;
    Rng rng(Rng::mix(context_.seed + kNegatives + static_cast<std::uint64_t>(epoch) * 0x1000), sample);
    if (const auto item = sampler_->draw(users_[s], rng)) {  // else the user has chosen all there is
      items_[s] = *item;
      targets_[s] = 0;
    }
  }
}

void PairTrainer::pass_tile(int epoch, std::size_t tile) {
  const std::size_t first = tile * PairTile::kPairs;
  const std::size_t count = std::min(PairTile::kPairs, samples_.size() - first);
  draw(epoch, first, count);
  const float* users[PairTile::kPairs];
  const float* items[PairTile::kPairs];
  for (std::size_t s = 0; s < count; ++s) {
    users[s] = net_.users.row(users_[first + s]);
    items[s] = net_.items.row(items_[first + s]);
    for (std::size_t c = 0; c < net_.users.stride(); c += 16) {
      __builtin_prefetch(users[s] + c);
      __builtin_prefetch(items[s] + c);
    }
  }
  PairTile& work = tiles_[tile];
  const std::uint64_t seed =
      Rng::mix(context_.seed + kDropout + static_cast<std::uint64_t>(epoch) * 0x1000) + samples_[first];
  const std::span<const float> y = work.forward(net_, {users, count}, {items, count}, options_.drop, seed);
  float dy[PairTile::kPairs];
  const float share = 1 / static_cast<float>(samples_.size());
  for (std::size_t s = 0; s < count; ++s) {
    const auto [loss, slope] = loss_at(options_.loss, y[s], targets_[first + s]);
    losses_[tile] += loss;
    dy[s] = slope * share;
  }
  for (Matrix& gradient : work.gradients())
    std::fill_n(gradient.data(), gradient.rows() * gradient.stride(), 0.0f);
  work.backward(net_, transposed_, {dy, count}, first, user_gradients_, item_gradients_);
}

/// Adds the gradients of equal rows, each into its first pair's, and steps every row once.
void PairTrainer::step_rows(std::span<const idx_t> rows, float penalty, Matrix& gradients, RowSum& sum,
                            RowOptimizer& optimizer, Matrix& table) {
  ++sum.batch;
  sum.places.clear();
  for (std::size_t s = 0; s < rows.size(); ++s) {
    const idx_t row = rows[s];
    if (penalty > 0) axpy(penalty, table.row(row), gradients.row(s), gradients.stride());
    if (sum.seen_in[row] == sum.batch) {
      axpy(1, gradients.row(s), gradients.row(sum.place[row]), gradients.stride());
      continue;
    }
    sum.seen_in[row] = sum.batch;
    sum.place[row] = static_cast<std::uint32_t>(s);
    sum.places.push_back(static_cast<std::uint32_t>(s));
  }
  for (const std::uint32_t place : sum.places)
    optimizer.step(rows[place], table.row(rows[place]), gradients.row(place));
}

void PairTrainer::step_dense() {
  const std::vector<Matrix*> dense = net_.dense();
  const std::size_t n_tiles = (samples_.size() + PairTile::kPairs - 1) / PairTile::kPairs;
  for (std::size_t d = 0; d < dense.size(); ++d) {
    Matrix& sum = tiles_[0].gradients()[d];
    const std::size_t n = sum.rows() * sum.stride();
    for (std::size_t tile = 1; tile < n_tiles; ++tile)
      axpy(1, tiles_[tile].gradients()[d].data(), sum.data(), n);
    dense_steps_[d].step({dense[d]->data(), n}, {sum.data(), n});
  }
  transpose_layers(net_, transposed_);
}

}  // namespace akin
