#include "akin/nets/sequence/gru_trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/small_product.h"
#include "akin/models/fit/epochs.h"

namespace akin {
namespace {

constexpr std::uint64_t kDropout = 53;           // streams of random numbers
constexpr std::uint64_t kReportEvery = 1 << 16;  // events
constexpr std::size_t kTile = 16;                // rows of units that a thread takes: padded() is a multiple
constexpr std::size_t kBlock = 64;               // candidates that a thread takes
constexpr std::size_t kDepth = 128;  // of a product, so that its part of both matrices stays in cache

std::vector<std::uint32_t> item_counts(const Sessions& sessions, std::size_t n_items) {
  std::vector<std::uint32_t> counts(n_items, 0);
  for (const idx_t item : sessions.items) ++counts[item];
  return counts;
}

/// factors[k] <- 0 with probability `dropout`, else 1 / (1 - dropout).
void draw_mask(float dropout, Rng rng, float* factors, std::size_t n) {
  const auto bar = static_cast<std::uint64_t>(dropout * 65536);
  const float kept = 1 / (1 - dropout);
  for (std::size_t k = 0; k < n; k += 4) {
    std::uint64_t bits = rng.next();
    for (std::size_t i = 0; i < 4; ++i, bits >>= 16) factors[k + i] = (bits & 0xFFFF) < bar ? 0 : kept;
  }
}

void zero_rows(Matrix& matrix, std::size_t first, std::size_t last) {
  std::fill(matrix.row(first), matrix.row(first) + (last - first) * matrix.stride(), 0.0f);
}

/// to (columns, rows) <- the part of `from` from (row, column) on.
void transpose_part(const Matrix& from, std::size_t row, std::size_t rows, std::size_t column,
                    std::size_t columns, Matrix& to) {
  for (std::size_t c = 0; c < columns; ++c) {
    float* const out = to.row(column + c) + row;
    const float* in = from.row(row) + column + c;
    for (std::size_t r = 0; r < rows; ++r, in += from.stride()) out[r] = *in;
  }
}

}  // namespace

GruTrainer::GruTrainer(const Sessions& sessions, const GruTrainOptions& options, const FitContext& context,
                       GruNet& net)
    : options_(options),
      context_(context),
      sessions_(sessions),
      net_(net),
      order_(by_first_event(sessions)),
      units_(padded(net.factors())),
      candidates_(options.candidates, item_counts(sessions, net.items.rows()), context.seed),
      inputs_(net.items.rows()),
      team_(context.threads) {
  for (const std::uint32_t s : order_) events_ += sessions.items_of(s).size() - 1;
  const std::size_t slots = std::min(options.slots, order_.size()), width = net.input_table().stride();
  const std::size_t most = std::min(slots + options.candidates.negatives, net.items.rows());
  const std::size_t padded_most = (most + kBlock - 1) / kBlock * kBlock;
  for (auto& [name, x] : net.tables()) {
    Table& table = tables_.emplace_back(Table{x, Matrix(x->rows(), x->cols()), {}});
    if (options.adagrad.momentum > 0) table.velocity = Matrix(x->rows(), x->cols());
  }
  std::size_t tables = net.kind == GruInput::kShared ? 2 : 3;
  for (const GruLayer& layer : net.layers) {
    Work work;
    for (Matrix* by_unit : {&work.state, &work.output, &work.output_gradient})
      *by_unit = Matrix(units_, padded(slots));
    for (Matrix* by_slot : {&work.state_rows, &work.output_rows}) *by_slot = Matrix(padded(slots), units_);
    work.gates = Matrix(4 * units_, padded(slots));
    if (options.dropout > 0) work.mask = Matrix(units_, padded(slots));
    work.weight_gradient = Matrix(3 * units_, units_);
    work.tables = tables;
    tables += layer.input.empty() ? 3 : 4;
    work_.push_back(std::move(work));
  }
  for (Matrix* by_slot : {&input_rows_, &input_row_gradient_}) *by_slot = Matrix(padded(slots), width);
  if (options.embedding_dropout > 0) input_mask_ = Matrix(padded(slots), width);
  for (Matrix* by_number : {&input_columns_, &input_gradient_}) *by_number = Matrix(width, padded(slots));
  for (Matrix* by_candidate : {&candidate_rows_, &candidate_gradient_})
    *by_candidate = Matrix(padded_most, units_);
  candidate_bias_.resize(padded_most);
  scores_ = Matrix(padded_most, padded(slots));
  sums_ = Matrix(padded_most / kBlock * kLossSums, padded(slots));
  positives_ = Matrix(1, padded(slots));
  losses_ = Matrix(1, padded(slots));
  ones_ = Matrix(1, padded(slots));
  std::ranges::fill(ones_[0], 1.0f);
}

void GruTrainer::set_squares(std::span<const float> squares) {
  for (std::size_t t = 0; t < tables_.size(); ++t) {
    for (std::size_t r = 0; r < tables_[t].sum.rows(); ++r) std::ranges::fill(tables_[t].sum[r], squares[t]);
  }
}

std::vector<float> GruTrainer::squares() const {
  std::vector<float> means;
  for (const Table& table : tables_) {
    double sum = 0;
    for (std::size_t r = 0; r < table.sum.rows(); ++r) {
      for (const float x : table.sum[r]) sum += static_cast<double>(x);
    }
    means.push_back(static_cast<float>(sum / static_cast<double>(table.sum.rows() * table.sum.cols())));
  }
  return means;
}

void GruTrainer::add_state(FitState& state) {
  std::size_t t = 0;
  for (const auto& [name, x] : net_.tables()) {
    state.add(name, *x);
    state.add(name + ".squares", tables_[t].sum);
    if (!tables_[t].velocity.empty()) state.add(name + ".velocity", tables_[t].velocity);
    ++t;
  }
}

double GruTrainer::run_epoch(int epoch) {
  slots_.emplace(sessions_, order_, options_.slots);
  double loss = 0;
  std::uint64_t done = 0, reported = 0;
  for (std::uint64_t number = 0; slots_->next(); ++number) {
    loss += step((static_cast<std::uint64_t>(epoch) << 32) + number);
    done += slots_->size();
    if (done - reported < kReportEvery && done < events_) continue;
    reported = done;
    context_.check_stop();
    context_.report({.phase = "training",
                     .done = static_cast<std::uint64_t>(epoch) * events_ + done,
                     .total = static_cast<std::uint64_t>(options_.epochs) * events_,
                     .unit = "events",
                     .loss = done < events_ ? std::numeric_limits<double>::quiet_NaN()
                                            : loss / static_cast<double>(events_)});
  }
  if (!std::isfinite(loss) || !all_finite(net_.items)) fail_diverged("gru4rec", epoch, options_.adagrad.rate);
  return loss / static_cast<double>(events_);
}

double GruTrainer::step(std::uint64_t number) {
  carry_states();
  input_items_.clear();
  targets_.clear();
  for (std::size_t s = 0; s < slots_->size(); ++s) {
    input_items_.push_back(slots_->input(s));
    targets_.push_back(slots_->target(s));
  }
  lanes_ = padded(slots_->size());
  candidates_.draw(targets_, number);
  inputs_.find(input_items_);
  team_.run(lanes_, kTile, [&](std::size_t first, std::size_t) { read_inputs(first, number); });
  for (std::size_t l = 0; l < work_.size(); ++l)
    team_.run(units_, kTile, [&](std::size_t first, std::size_t) { forward(l, first, number); });
  team_.run(candidates_.size(), kBlock, [&](std::size_t first, std::size_t last) { score(first, last); });
  const double loss = sum_losses();
  team_.run(units_, kTile, [&](std::size_t first, std::size_t) { backward_output(first); });
  for (std::size_t l = work_.size(); l-- > 0;) {
    const std::size_t numbers = l > 0 ? units_ : input_rows_.stride();
    team_.run(numbers, kTile, [&](std::size_t first, std::size_t) { backward_input(l, first); });
  }
  update();
  return loss;
}

/// Each slot's state is what the layer gave in the step before, dropout included, or zero where a session begins.
void GruTrainer::carry_states() {
  for (Work& work : work_) {
    std::swap(work.state, work.output);
    std::swap(work.state_rows, work.output_rows);
    const auto put = [&](std::size_t slot, const float* row) {
      for (std::size_t u = 0; u < units_; ++u) work.state.row(u)[slot] = row == nullptr ? 0 : row[u];
      if (row == nullptr)
        std::ranges::fill(work.state_rows[slot], 0.0f);
      else
        std::copy_n(row, units_, work.state_rows.row(slot));
    };
    for (const auto& [from, to] : slots_->moved()) put(to, work.state_rows.row(from));
    for (const std::size_t slot : slots_->begun()) put(slot, nullptr);
  }
}

const Matrix& GruTrainer::input_columns(std::size_t layer) const {
  return layer == 0 ? input_columns_ : work_[layer - 1].output;
}

const Matrix& GruTrainer::input_rows(std::size_t layer) const {
  return layer == 0 ? input_rows_ : work_[layer - 1].output_rows;
}

/// Slots [first, first + kTile).
void GruTrainer::read_inputs(std::size_t first, std::uint64_t number) {
  const std::size_t width = input_rows_.stride();
  for (std::size_t s = first; s < std::min(first + kTile, input_items_.size()); ++s) {
    std::copy_n(net_.input_table().row(input_items_[s]), width, input_rows_.row(s));
    if (input_mask_.empty()) continue;
    draw_mask(options_.embedding_dropout, Rng(Rng::mix(context_.seed + kDropout) ^ number, s),
              input_mask_.row(s), width);
    multiply_entries(input_mask_.row(s), input_rows_.row(s), width);
  }
  transpose_part(input_rows_, first, kTile, 0, width, input_columns_);
}

/// Units [first, first + kTile) of a layer.
void GruTrainer::forward(std::size_t layer, std::size_t first, std::uint64_t number) {
  Work& work = work_[layer];
  const GruLayer& weights = net_.layers[layer];
  const Matrix& x = input_columns(layer);
  for (std::size_t gate = 0; gate < 4; ++gate) {
    const std::size_t row = gate * units_ + first;
    float* const out = work.gates.row(row);
    const auto add = [&](const Matrix& matrix, std::size_t from, const Matrix& columns) {
      add_product({{matrix.row(from), matrix.stride(), 1},
                   kTile,
                   matrix.cols(),
                   lanes_,
                   columns.data(),
                   columns.stride(),
                   out,
                   work.gates.stride()});
    };
    for (std::size_t u = 0; u < kTile; ++u) {
      const float with_state = weights.recurrent_bias.row(0)[gate < 3 ? row + u : row - units_ + u];
      const float bias = gate == 3 ? with_state : weights.bias.row(0)[row + u] + (gate < 2 ? with_state : 0);
      std::fill_n(work.gates.row(row + u), lanes_, bias);
      if (gate < 3 && weights.input.empty()) axpy(1, x.row(row + u), work.gates.row(row + u), lanes_);
    }
    if (gate < 3 && !weights.input.empty()) add(weights.input, row, x);
    if (gate != 2) add(weights.recurrent, gate < 3 ? row : row - units_, work.state);
  }
  for (std::size_t u = first; u < first + kTile; ++u) {
    gru_forward({work.gates.row(u), work.gates.row(units_ + u), work.gates.row(2 * units_ + u),
                 work.gates.row(3 * units_ + u)},
                work.state.row(u), work.output.row(u), lanes_);
    drop_out(layer, u, number);
  }
  transpose_part(work.output, first, kTile, 0, lanes_, work.output_rows);
}

void GruTrainer::drop_out(std::size_t layer, std::size_t unit, std::uint64_t number) {
  Work& work = work_[layer];
  if (work.mask.empty()) return;
  draw_mask(options_.dropout, Rng(Rng::mix(context_.seed + kDropout + 1 + layer) ^ number, unit),
            work.mask.row(unit), lanes_);
  multiply_entries(work.mask.row(unit), work.output.row(unit), lanes_);
}

CandidateScores GruTrainer::candidate_scores() {
  return {scores_.data(),        scores_.stride(),  lanes_,
          candidates_.weights(), candidates_.own(), candidates_.target_rows()};
}

void GruTrainer::score(std::size_t first, std::size_t last) {
  for (std::size_t c = first; c < last; ++c) {
    const idx_t item = candidates_.items()[c];
    std::copy_n(net_.items.row(item), units_, candidate_rows_.row(c));
    candidate_bias_[c] = net_.item_bias.row(0)[item];
  }
  zero_rows(scores_, first, last);
  const Matrix& output = work_.back().output;
  add_product({{candidate_rows_.row(first), candidate_rows_.stride(), 1},
               last - first,
               net_.factors(),
               lanes_,
               output.data(),
               output.stride(),
               scores_.row(first),
               scores_.stride()});
  add_bias(options_.loss, candidate_scores(), first, last, candidate_bias_.data());
}

/// Puts the gradient in the place of the scores.
double GruTrainer::sum_losses() {
  const CandidateScores all = candidate_scores();
  const std::size_t slots = slots_->size();
  std::fill_n(positives_.row(0), lanes_, 0.0f);
  for (std::size_t s = 0; s < slots; ++s)
    positives_.row(0)[s] = scores_.row(static_cast<std::size_t>(all.own[s]))[s];
  team_.run(candidates_.size(), kBlock, [&](std::size_t first, std::size_t last) {
    sum_candidates(options_.loss, all, first, last, positives_.row(0), sums_.row(first / kBlock * kLossSums));
  });
  combine_sums(options_.loss, all, (candidates_.size() + kBlock - 1) / kBlock, positives_.row(0),
               sums_.data(), losses_.row(0));
  // The few sessions that are left at the end of an epoch count as little as before: their gradients would be long against the
  // 1e-6 of Adagrad, and throw about all that they are scored against.
  const float scale = 1 / static_cast<float>(std::min(options_.slots, order_.size()));
  team_.run(candidates_.size(), kBlock, [&](std::size_t first, std::size_t last) {
    loss_gradient(options_.loss, all, first, last, positives_.row(0), sums_.data(), scale);
  });
  double loss = 0;
  for (std::size_t s = 0; s < slots; ++s) loss += static_cast<double>(losses_.row(0)[s]);
  return loss;
}

void GruTrainer::backward_output(std::size_t first) {
  Matrix& gradient = work_.back().output_gradient;
  zero_rows(gradient, first, first + kTile);
  for (std::size_t c = 0; c < candidates_.size(); c += kDepth) {
    add_product({{candidate_rows_.row(c) + first, 1, candidate_rows_.stride()},
                 kTile,
                 std::min(kDepth, candidates_.size() - c),
                 lanes_,
                 scores_.row(c),
                 scores_.stride(),
                 gradient.row(first),
                 gradient.stride()});
  }
  backward_gates(work_.size() - 1, first);
}

void GruTrainer::backward_gates(std::size_t layer, std::size_t first) {
  Work& work = work_[layer];
  for (std::size_t u = first; u < first + kTile; ++u) {
    if (!work.mask.empty()) multiply_entries(work.mask.row(u), work.output_gradient.row(u), lanes_);
    gru_backward({work.gates.row(u), work.gates.row(units_ + u), work.gates.row(2 * units_ + u),
                  work.gates.row(3 * units_ + u)},
                 work.state.row(u), work.output_gradient.row(u), lanes_);
  }
}

/// Numbers [first, first + kTile) of what the layer got.
void GruTrainer::backward_input(std::size_t layer, std::size_t first) {
  const Matrix& weights = net_.layers[layer].input;
  const Matrix& gates = work_[layer].gates;
  Matrix& gradient = layer == 0 ? input_gradient_ : work_[layer - 1].output_gradient;
  if (weights.empty()) {
    transpose_part(gates, first, kTile, 0, lanes_, input_row_gradient_);
  } else {
    zero_rows(gradient, first, first + kTile);
    for (std::size_t depth = 0; depth < 3 * units_; depth += kDepth) {
      add_product({{weights.row(depth) + first, 1, weights.stride()},
                   kTile,
                   std::min(kDepth, 3 * units_ - depth),
                   lanes_,
                   gates.row(depth),
                   gates.stride(),
                   gradient.row(first),
                   gradient.stride()});
    }
    if (layer > 0) return backward_gates(layer - 1, first);
    transpose_part(gradient, first, kTile, 0, lanes_, input_row_gradient_);
  }
  if (input_mask_.empty()) return;
  for (std::size_t s = 0; s < slots_->size(); ++s)
    multiply_entries(input_mask_.row(s) + first, input_row_gradient_.row(s) + first, kTile);
}

/// Only now do parameters change: all that was computed from them is done.
void GruTrainer::update() {
  const std::size_t tiles = 3 * units_ / kTile, of_layers = tiles * work_.size();
  const std::size_t candidates = candidates_.size(), blocks = (candidates + kBlock - 1) / kBlock;
  const std::size_t inputs = inputs_.items().size(), input_blocks = (inputs + kBlock - 1) / kBlock;
  team_.run(of_layers + blocks + input_blocks, 1, [&](std::size_t task, std::size_t) {
    if (task < of_layers) return update_layer(task / tiles, task % tiles * kTile);
    task -= of_layers;
    if (task < blocks) return update_candidates(task * kBlock, std::min(candidates, (task + 1) * kBlock));
    task -= blocks;
    update_inputs(task * kBlock, std::min(inputs, (task + 1) * kBlock));
  });
}

void GruTrainer::step_row(std::size_t table, std::size_t row, const float* gradient) {
  Table& t = tables_[table];
  adagrad_step(options_.adagrad, gradient, t.x->row(row), t.sum.row(row),
               t.velocity.empty() ? nullptr : t.velocity.row(row), t.x->stride());
}

void GruTrainer::update_layer(std::size_t layer, std::size_t first) {
  Work& work = work_[layer];
  const std::size_t slots = slots_->size();
  std::size_t table = work.tables;
  const auto update_weights = [&](std::size_t gates_row, const Matrix& x) {
    Matrix& gradient = work.weight_gradient;
    zero_rows(gradient, first, first + kTile);
    add_product({{work.gates.row(gates_row), work.gates.stride(), 1},
                 kTile,
                 slots,
                 units_,
                 x.data(),
                 x.stride(),
                 gradient.row(first),
                 gradient.stride()});
    for (std::size_t r = first; r < first + kTile; ++r) step_row(table, r, gradient.row(r));
    ++table;
  };
  if (!net_.layers[layer].input.empty()) update_weights(first, input_rows(layer));
  const std::size_t with_state = first < 2 * units_ ? first : first + units_;
  update_weights(with_state, work.state_rows);
  for (const std::size_t row : {first, with_state}) {
    alignas(64) float bias[kTile];
    for (std::size_t u = 0; u < kTile; ++u) bias[u] = dot(work.gates.row(row + u), ones_.row(0), lanes_);
    Table& t = tables_[table++];
    adagrad_step(options_.adagrad, bias, t.x->row(0) + first, t.sum.row(0) + first,
                 t.velocity.empty() ? nullptr : t.velocity.row(0) + first, kTile);
  }
}

void GruTrainer::update_candidates(std::size_t first, std::size_t last) {
  const std::size_t slots = slots_->size();
  const Matrix& output = work_.back().output_rows;
  zero_rows(candidate_gradient_, first, last);
  add_product({{scores_.row(first), scores_.stride(), 1},
               last - first,
               slots,
               units_,
               output.data(),
               output.stride(),
               candidate_gradient_.row(first),
               candidate_gradient_.stride()});
  Table& biases = tables_[1];
  for (std::size_t c = first; c < last; ++c) {
    const idx_t item = candidates_.items()[c];
    float* const gradient = candidate_gradient_.row(c);
    if (net_.kind == GruInput::kShared) {
      for (std::int32_t s = inputs_.first_of(item); s >= 0; s = inputs_.after(s))
        axpy(1, input_row_gradient_.row(static_cast<std::size_t>(s)), gradient, units_);
    }
    step_row(0, item, gradient);
    const float bias = dot(scores_.row(c), ones_.row(0), lanes_);
    reference::adagrad_step(options_.adagrad, &bias, biases.x->row(0) + item, biases.sum.row(0) + item,
                            biases.velocity.empty() ? nullptr : biases.velocity.row(0) + item, 1);
  }
}

/// Inputs that are candidates too were updated there, if both have one vector.
void GruTrainer::update_inputs(std::size_t first, std::size_t last) {
  const bool shared = net_.kind == GruInput::kShared;
  for (std::size_t k = first; k < last; ++k) {
    const idx_t item = inputs_.items()[k];
    if (shared && candidates_.row_of(item) >= 0) continue;
    const std::int32_t slot = inputs_.first_of(item);
    float* const gradient = input_row_gradient_.row(static_cast<std::size_t>(slot));
    for (std::int32_t s = inputs_.after(slot); s >= 0; s = inputs_.after(s))
      axpy(1, input_row_gradient_.row(static_cast<std::size_t>(s)), gradient, input_rows_.stride());
    step_row(shared ? 0 : 2, item, gradient);
  }
}

}  // namespace akin
