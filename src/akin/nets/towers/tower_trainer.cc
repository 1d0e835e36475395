#include "akin/nets/towers/tower_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::towers {
namespace {

using attention::make_room;
using attention::Write;

constexpr std::uint64_t kShuffle = 71, kPartner = 72;  // streams of random numbers
constexpr std::size_t kSlotsAtOnce = 32;               // that a thread scores
constexpr std::size_t kCandidatesAtOnce = 64;          // whose gradients a thread adds up
constexpr float kLowest = 0, kHighest = 4.6052F;       // of sigma: temperatures of 1 and .01

std::size_t blocks_of(std::size_t n, std::size_t block) { return (n + block - 1) / block; }

Window window_of(const TowerOptions& options) { return {options.window, options.decay}; }

}  // namespace

Correction parse_correction(std::string_view name) {
  if (name == "none") return Correction::kNone;
  return name == "logq" ? Correction::kLogQ : Correction::kRefined;
}

TowerTrainer::TowerTrainer(const TowerData& data, const TowerOptions& options, const FitContext& context,
                           ItemTower& items, UserTower& users)
    : data_(data),
      options_(options),
      context_(context),
      items_(items),
      users_(users),
      team_(context.threads),
      counts_(data.features.rows(), 0),
      learner_(data.features,
               {.optimizer = options.optimizer,
                .dropout = options.dropout,
                .id_dropout = options.id_dropout,
                .seed = context.seed},
               items),
      batch_items_(data.features.rows()),
      user_gradients_(users.clone()) {
  for (const Matrix* const matrix : {&users.ages, &users.attributes, &users.sharpness})
    user_optimizers_.emplace_back(options.optimizer, matrix->rows() * matrix->stride());
  find_positions();
  if (positions_.empty()) return;
  const CandidateSampling sampling{options.negatives, 0,
                                   options.correction == Correction::kNone ? 0.0F : 1.0F};
  candidates_.emplace_back(sampling, counts_, context.seed);
}

/// Those with an item before them, or with another one in their window.
void TowerTrainer::find_positions() {
  const Sequences& sequences = data_.sequences;
  for (std::uint64_t at = 0; at < sequences.items.size(); ++at) {
    const bool usable = options_.window == 0 ? at > sequences.offsets[sequences.of(at)]
                                             : has_partner(sequences, window_of(options_), at);
    if (!usable) continue;
    positions_.push_back(at);
    ++counts_[sequences.items[at]];
  }
  order_ = positions_;
}

FitState TowerTrainer::state() {
  FitState state;
  learner_.add_state(state, "");
  add_tensor(state, "ages", users_.ages, user_optimizers_[0].moments());
  add_tensor(state, "attributes", users_.attributes, user_optimizers_[1].moments());
  add_tensor(state, "sharpness", users_.sharpness, user_optimizers_[2].moments());
  return state;
}

double TowerTrainer::run_epoch(int epoch, std::string_view model) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const std::uint64_t batches = blocks_of(positions_.size(), options_.batch);
  learner_.set_steps(number * batches);
  for (DenseOptimizer& optimizer : user_optimizers_) optimizer.set_steps(number * batches);
  order_ = positions_;
  Rng(context_.seed, (kShuffle << 32) + number).shuffle(std::span(order_));
  double loss = 0;
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    context_.check_stop();
    const std::size_t begin = batch * options_.batch, end = std::min(order_.size(), begin + options_.batch);
    loss += step(number * batches + batch, std::span(order_).subspan(begin, end - begin));
    if (!std::isfinite(loss))
      fail_diverged(model, epoch, static_cast<float>(options_.optimizer.learning_rate));
  }
  return loss / static_cast<double>(std::max<std::size_t>(1, positions_.size()));
}

/// One step down the mean loss of the targets at `positions`; returns its sum.
double TowerTrainer::step(std::uint64_t number, std::span<const std::uint64_t> positions) {
  fill_slots(number, positions);
  learner_.read(batch_items_.items(), number);
  learner_.forward(team_);
  ItemPass& pass = learner_.pass();
  const std::size_t d = items_.factors(), n = slots_.size(), blocks = blocks_of(n, kSlotsAtOnce);
  make_room(user_vectors_, n, d);
  make_room(user_slopes_, n, d);
  const std::size_t most = options_.batch + options_.negatives;
  make_room(logits_, n, most);
  make_room(candidate_columns_, d, most);
  for (std::size_t j = 0; j < n_candidates_; ++j) {
    for (std::size_t c = 0; c < d; ++c) candidate_columns_.row(c)[j] = pass.vectors().row(j)[c];
  }
  losses_.assign(blocks, 0);
  const float weight = 1 / static_cast<float>(n);
  team_.run(blocks, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t block = first; block < last; ++block)
      losses_[block] = score_slots(block * kSlotsAtOnce, std::min(n, (block + 1) * kSlotsAtOnce), weight);
  });
  team_.run(blocks_of(n_candidates_, kCandidatesAtOnce), 1, [&](std::size_t first, std::size_t last) {
    candidate_gradients(first * kCandidatesAtOnce, std::min(n_candidates_, last * kCandidatesAtOnce));
  });
  for (Matrix* const sum : {&user_gradients_.ages, &user_gradients_.attributes, &user_gradients_.sharpness})
    attention::clear_rows(*sum, sum->rows());
  for (std::size_t b = 0; b < n; ++b) {
    const Slot& slot = slots_[b];
    user_gradients_.sharpness.row(0)[0] +=
        dot(user_slopes_.row(b), user_vectors_.row(b), user_slopes_.stride());
    user_backward(pass.vectors(), input_of(slot), std::span(weights_).subspan(slot.begin, slot.size),
                  user_vectors_.row(b), slot.length, user_slopes_.row(b), {pass.slopes(), user_gradients_});
  }
  learner_.step(team_);
  step_users();
  double loss = 0;
  for (const double part : losses_) loss += part;
  return loss;
}

/// Targets, histories and candidates.
void TowerTrainer::fill_slots(std::uint64_t number, std::span<const std::uint64_t> positions) {
  slots_.clear();
  targets_.clear();
  const Sequences& sequences = data_.sequences;
  for (const std::uint64_t at : positions) targets_.push_back(sequences.items[at]);
  Candidates& candidates = candidates_[0];
  candidates.draw(targets_, number);
  n_candidates_ = candidates.size();
  log_weights_.assign(padded(n_candidates_), 0);
  for (std::size_t j = 0; j < n_candidates_; ++j) log_weights_[j] = std::log(candidates.weights()[j]);
  batch_items_.clear();
  for (const idx_t item : candidates.items()) batch_items_.add(item);
  rows_.clear();
  const auto look_at = [&](idx_t item) {
    rows_.push_back(static_cast<std::uint32_t>(batch_items_.add(item)));
  };
  for (const std::uint64_t at : positions) {
    const std::size_t s = sequences.of(at);
    Slot slot{.begin = rows_.size(), .target = sequences.items[at], .user = sequences.users[s]};
    if (options_.window > 0) {
      Rng rng(context_.seed ^ Rng::mix((kPartner << 40) + number), at);
      look_at(sequences.items[partner(sequences, window_of(options_), at, rng)]);
    } else {
      const std::uint64_t most = users_.max_length(), before = at - sequences.offsets[s];
      for (std::uint64_t h = at - std::min(most, before); h < at; ++h) look_at(sequences.items[h]);
    }
    slot.size = rows_.size() - slot.begin;
    slots_.push_back(slot);
  }
  weights_.resize(rows_.size());
}

UserInput TowerTrainer::input_of(const Slot& slot) const {
  const std::span rows = std::span(rows_).subspan(slot.begin, slot.size);
  if (data_.attributes.cols == 0) return {rows, {}, {}};
  return {rows, data_.attributes.cols_of(slot.user), data_.attributes.values_of(slot.user)};
}

/// Users' vectors, their losses, and the gradients of both: logits_ <- that of u . v, user_slopes_ <- that of u.
double TowerTrainer::score_slots(std::size_t begin, std::size_t end, float weight) {
  const Candidates& candidates = candidates_[0];
  const float sharpness = users_.scale();
  for (std::size_t b = begin; b < end; ++b) {
    Slot& slot = slots_[b];
    slot.length = user_vector(users_, learner_.pass().vectors(), input_of(slot),
                              std::span(weights_).subspan(slot.begin, slot.size), user_vectors_.row(b));
  }
  const std::size_t d = items_.factors(), columns = padded(n_candidates_);
  attention::multiply({{user_vectors_.row(begin), user_vectors_.stride(), 1},
                       end - begin,
                       d,
                       attention::whole(candidate_columns_),
                       columns},
                      Write::kStore, {logits_.row(begin), logits_.stride()});
  double loss = 0;
  for (std::size_t b = begin; b < end; ++b) {
    const Slot& slot = slots_[b];
    float* const z = logits_.row(b);
    scale(sharpness, z, columns);
    const auto own = static_cast<std::size_t>(candidates.own()[b]);
    const float right = z[own];
    axpy(1, log_weights_.data(), z, columns);
    for (std::size_t h = slot.begin; h < slot.begin + slot.size; ++h) {
      if (rows_[h] < n_candidates_) z[rows_[h]] = kNoCandidate;  // what the user has is no wrong answer
    }
    z[own] = options_.correction == Correction::kLogQ ? right + log_weights_[own] : right;
    loss += candidate_loss(options_.loss, z, n_candidates_, own, weight);
    scale(sharpness, z, columns);
  }
  attention::multiply({{logits_.row(begin), logits_.stride(), 1},
                       end - begin,
                       n_candidates_,
                       attention::whole(learner_.pass().vectors()),
                       learner_.pass().vectors().stride()},
                      Write::kStore, {user_slopes_.row(begin), user_slopes_.stride()});
  return loss;
}

void TowerTrainer::candidate_gradients(std::size_t begin, std::size_t end) {
  attention::multiply({{logits_.data() + begin, 1, logits_.stride()},
                       end - begin,
                       slots_.size(),
                       attention::whole(user_vectors_),
                       user_vectors_.stride()},
                      Write::kStore,
                      {learner_.pass().slopes().row(begin), learner_.pass().slopes().stride()});
}

void TowerTrainer::step_users() {
  if (options_.window == 0 && options_.learn_ages)
    step_matrix(user_optimizers_[0], users_.ages, user_gradients_.ages);
  step_matrix(user_optimizers_[1], users_.attributes, user_gradients_.attributes);
  if (!options_.learn_temperature) return;
  step_matrix(user_optimizers_[2], users_.sharpness, user_gradients_.sharpness);
  float& sigma = users_.sharpness.row(0)[0];
  sigma = std::clamp(sigma, kLowest, kHighest);
}

}  // namespace akin::towers
