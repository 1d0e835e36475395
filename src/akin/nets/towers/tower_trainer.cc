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

constexpr std::uint64_t kShuffle = 71, kPartner = 72, kDrop = 73;  // streams of random numbers
constexpr std::size_t kSlotsAtOnce = 32;                           // that a thread scores
constexpr std::size_t kCandidatesAtOnce = 64;                      // whose gradients a thread adds up
constexpr std::size_t kInputsAtOnce = 64;                          // rows of the maps that a thread steps
constexpr float kLowest = 0, kHighest = 4.6052F;                   // of sigma: temperatures of 1 and .01

std::size_t blocks_of(std::size_t n, std::size_t block) { return (n + block - 1) / block; }

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
      map_optimizer_(options.optimizer, items.maps.rows(), items.maps.cols()),
      id_optimizer_(options.optimizer, items.ids.rows(), items.maps.cols()),
      batch_items_(data.features.rows()),
      user_gradients_(users.clone()) {
  for (const Matrix& matrix : items.dense) {
    dense_optimizers_.emplace_back(options.optimizer, matrix.rows() * matrix.stride());
    dense_gradients_.emplace_back(matrix.rows(), matrix.cols());
  }
  for (const Matrix* const matrix : {&users.ages, &users.attributes, &users.sharpness})
    dense_optimizers_.emplace_back(options.optimizer, matrix->rows() * matrix->stride());
  find_positions();
  if (positions_.empty()) return;
  const CandidateSampling sampling{options.negatives, 0,
                                   options.correction == Correction::kNone ? 0.0F : 1.0F};
  candidates_.emplace_back(sampling, counts_, context.seed);
}

/// Those with an item before them, or with another one in their window.
void TowerTrainer::find_positions() {
  for (std::size_t s = 0; s < data_.users.size(); ++s) {
    const std::uint64_t first = data_.offsets[s], last = data_.offsets[s + 1];
    for (std::uint64_t at = first; at < last; ++at) {
      bool usable = options_.window == 0 && at > first;
      for (std::uint64_t other = at - std::min<std::uint64_t>(options_.window, at - first);
           other < last && other <= at + options_.window && !usable; ++other)
        usable = data_.items[other] != data_.items[at];
      if (!usable) continue;
      positions_.push_back(at);
      ++counts_[data_.items[at]];
    }
  }
  order_ = positions_;
}

std::size_t TowerTrainer::sequence_of(std::uint64_t position) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(data_.offsets, position) - data_.offsets.begin()) -
         1;
}

std::uint64_t TowerTrainer::partner(std::uint64_t position, Rng& rng) const {
  const std::size_t s = sequence_of(position);
  const std::uint64_t begin = std::max(data_.offsets[s],
                                       position - std::min<std::uint64_t>(position, options_.window)),
                      end = std::min(data_.offsets[s + 1], position + options_.window + 1);
  const auto weight = [&](std::uint64_t other) {
    if (data_.items[other] == data_.items[position]) return 0.0;
    const std::uint64_t distance = other > position ? other - position : position - other;
    return std::pow(static_cast<double>(options_.decay), static_cast<double>(distance - 1));
  };
  double sum = 0;
  for (std::uint64_t other = begin; other < end; ++other) sum += weight(other);
  double left = rng.uniform() * sum;
  std::uint64_t chosen = position;
  for (std::uint64_t other = begin; other < end && left >= 0; ++other) {
    if (weight(other) == 0) continue;
    chosen = other;
    left -= weight(other);
  }
  return chosen;
}

FitState TowerTrainer::state() {
  FitState state;
  const auto add = [&](const std::string& name, Matrix& matrix, std::vector<Matrix*> moments) {
    if (matrix.empty()) return;
    state.add(name, matrix);
    for (std::size_t m = 0; m < moments.size(); ++m)
      state.add(fmt::format("{}.moment{}", name, m), *moments[m]);
  };
  add("maps", items_.maps, map_optimizer_.moments());
  add("ids", items_.ids, id_optimizer_.moments());
  const std::size_t n = items_.dense.size();
  for (std::size_t k = 0; k < n; ++k) add(dense_name(k), items_.dense[k], dense_optimizers_[k].moments());
  add("ages", users_.ages, dense_optimizers_[n].moments());
  add("attributes", users_.attributes, dense_optimizers_[n + 1].moments());
  add("sharpness", users_.sharpness, dense_optimizers_[n + 2].moments());
  return state;
}

double TowerTrainer::run_epoch(int epoch, std::string_view model) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const std::uint64_t batches = blocks_of(positions_.size(), options_.batch);
  map_optimizer_.set_steps(number * batches);
  id_optimizer_.set_steps(number * batches);
  for (DenseOptimizer& optimizer : dense_optimizers_) optimizer.set_steps(number * batches);
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
  read_items(number);
  pass_.forward(items_, inputs_, ids_, team_);
  const std::size_t d = items_.factors(), n = slots_.size(), blocks = blocks_of(n, kSlotsAtOnce);
  make_room(user_vectors_, n, d);
  make_room(user_slopes_, n, d);
  const std::size_t most = options_.batch + options_.negatives;
  make_room(logits_, n, most);
  make_room(candidate_columns_, d, most);
  for (std::size_t j = 0; j < n_candidates_; ++j) {
    for (std::size_t c = 0; c < d; ++c) candidate_columns_.row(c)[j] = pass_.vectors().row(j)[c];
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
    user_backward(pass_.vectors(), input_of(slot), std::span(weights_).subspan(slot.begin, slot.size),
                  user_vectors_.row(b), slot.length, user_slopes_.row(b), {pass_.slopes(), user_gradients_});
  }
  pass_.backward(items_, dense_gradients_, team_);
  step_items();
  step_dense();
  double loss = 0;
  for (const double part : losses_) loss += part;
  return loss;
}

/// Targets, histories and candidates.
void TowerTrainer::fill_slots(std::uint64_t number, std::span<const std::uint64_t> positions) {
  slots_.clear();
  targets_.clear();
  for (const std::uint64_t at : positions) targets_.push_back(data_.items[at]);
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
    const std::size_t s = sequence_of(at);
    Slot slot{.begin = rows_.size(), .target = data_.items[at], .user = data_.users[s]};
    if (options_.window > 0) {
      Rng rng(context_.seed ^ Rng::mix((kPartner << 40) + number), at);
      look_at(data_.items[partner(at, rng)]);
    } else {
      const std::uint64_t most = users_.max_length(), before = at - data_.offsets[s];
      for (std::uint64_t h = at - std::min(most, before); h < at; ++h) look_at(data_.items[h]);
    }
    slot.size = rows_.size() - slot.begin;
    slots_.push_back(slot);
  }
  weights_.resize(rows_.size());
  const auto all = batch_items_.items();
  all_items_.assign(all.begin(), all.end());
}

/// What the tower reads of the minibatch's items, without what is dropped.
void TowerTrainer::read_items(std::uint64_t number) {
  const attention::Dropout dropout(options_.dropout);
  inputs_.cols = data_.features.cols;
  inputs_.offsets = {0};
  inputs_.indices.clear();
  inputs_.values.clear();
  ids_.assign(all_items_.size(), kNoId);
  for (std::size_t r = 0; r < all_items_.size(); ++r) {
    const idx_t item = all_items_[r];
    Rng rng(context_.seed ^ Rng::mix((kDrop << 40) + number), item);
    const auto seed = static_cast<std::uint32_t>(rng.next());
    const auto columns = data_.features.cols_of(item);
    const auto values = data_.features.values_of(item);
    const std::size_t before = inputs_.indices.size();
    for (std::size_t e = 0; e < columns.size(); ++e) {
      if (dropout.on() && !attention::keeps(dropout, seed, e)) continue;
      inputs_.indices.push_back(columns[e]);
      inputs_.values.push_back(dropout.scale * values[e]);
    }
    if (inputs_.indices.size() == before) {  // nothing is left: all of it stays
      inputs_.indices.insert(inputs_.indices.end(), columns.begin(), columns.end());
      inputs_.values.insert(inputs_.values.end(), values.begin(), values.end());
    }
    inputs_.offsets.push_back(inputs_.indices.size());
    const bool dropped = !columns.empty() && rng.uniform_float() < options_.id_dropout;
    if (item < items_.ids.rows() && !dropped) ids_[r] = item;
  }
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
    slot.length = user_vector(users_, pass_.vectors(), input_of(slot),
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
                       attention::whole(pass_.vectors()),
                       pass_.vectors().stride()},
                      Write::kStore, {user_slopes_.row(begin), user_slopes_.stride()});
  return loss;
}

void TowerTrainer::candidate_gradients(std::size_t begin, std::size_t end) {
  attention::multiply({{logits_.data() + begin, 1, logits_.stride()},
                       end - begin,
                       slots_.size(),
                       attention::whole(user_vectors_),
                       user_vectors_.stride()},
                      Write::kStore, {pass_.slopes().row(begin), pass_.slopes().stride()});
}

/// The maps of the features that were read, and the vectors of the items.
void TowerTrainer::step_items() {
  const Csr by_input = transpose(inputs_);
  const Matrix& slopes = pass_.input_slopes();
  map_optimizer_.begin_step();
  id_optimizer_.begin_step();
  const std::size_t maps = blocks_of(by_input.rows(), kInputsAtOnce), rows = ids_.size();
  team_.run(maps + 1, 1, [&](std::size_t first, std::size_t last) {
    Matrix sum(1, slopes.cols());
    for (std::size_t block = first; block < last; ++block) {
      for (std::size_t k = block * kInputsAtOnce; k < std::min(by_input.rows(), (block + 1) * kInputsAtOnce);
           ++k) {
        if (by_input.row_size(k) == 0) continue;
        std::fill_n(sum.row(0), sum.stride(), 0.0F);
        const auto items = by_input.cols_of(k);
        const auto values = by_input.values_of(k);
        for (std::size_t e = 0; e < items.size(); ++e)
          axpy(values[e], slopes.row(items[e]), sum.row(0), sum.stride());
        map_optimizer_.step(k, items_.maps.row(k), sum.row(0));
      }
      if (block < maps) continue;
      for (std::size_t r = 0; r < rows; ++r) {
        if (ids_[r] != kNoId) id_optimizer_.step(ids_[r], items_.ids.row(ids_[r]), slopes.row(r));
      }
    }
  });
}

void TowerTrainer::step_dense() {
  const auto step = [&](std::size_t k, Matrix& matrix, const Matrix& gradient) {
    const std::size_t n = matrix.rows() * matrix.stride();
    if (n > 0) dense_optimizers_[k].step({matrix.data(), n}, {gradient.data(), n});
  };
  const std::size_t n = items_.dense.size();
  for (std::size_t k = 0; k < n; ++k) step(k, items_.dense[k], dense_gradients_[k]);
  if (options_.window == 0 && options_.learn_ages) step(n, users_.ages, user_gradients_.ages);
  step(n + 1, users_.attributes, user_gradients_.attributes);
  if (!options_.learn_temperature) return;
  step(n + 2, users_.sharpness, user_gradients_.sharpness);
  float& sigma = users_.sharpness.row(0)[0];
  sigma = std::clamp(sigma, kLowest, kHighest);
}

}  // namespace akin::towers
