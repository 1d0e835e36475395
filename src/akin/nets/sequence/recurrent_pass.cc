#include "akin/nets/sequence/recurrent_pass.h"

#include <algorithm>
#include <numeric>

#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_layers.h"
#include "akin/nets/sequence/recurrent_kernels.h"

namespace akin {
namespace {

using attention::clear_rows;
using attention::make_room;
using attention::Rows;
using attention::rows_of;
using attention::whole;
using attention::Write;

/// weights <- weights + in^T dout over n rows
void add_weight_gradient(StridedMatrix in, std::size_t n, Rows dout, Matrix& weights) {
  attention::multiply({in, weights.rows(), n, {dout.data, dout.stride}, weights.stride()}, Write::kAdd,
                      rows_of(weights));
}

}  // namespace

Rows RecurrentPass::forward(const RecurrentWeights& weights, Rows x, std::span<const std::size_t> offsets) {
  offsets_.assign(offsets.begin(), offsets.end());
  x_ = x;
  const std::size_t n = offsets_.back(), sequences = offsets_.size() - 1, width = weights.bias.stride();
  by_length_.resize(sequences);
  std::iota(by_length_.begin(), by_length_.end(), std::size_t{0});
  const auto length = [&](std::size_t s) { return offsets_[s + 1] - offsets_[s]; };
  std::ranges::stable_sort(by_length_, [&](std::size_t a, std::size_t b) { return length(a) > length(b); });
  for (Matrix* const matrix : {&states_, &cells_, &before_}) make_room(*matrix, n, units_);
  make_room(gates_, n, width);
  make_room(some_, sequences, width);
  make_room(carried_, sequences, units_);
  if (zero_.empty()) zero_ = Matrix(1, units_);
  for (std::size_t r = 0; r < n; ++r) std::copy_n(weights.bias.row(0), width, gates_.row(r));
  attention::multiply({{x.data, x.stride, 1}, n, weights.input.rows(), whole(weights.input), width},
                      Write::kAdd, rows_of(gates_));
  std::size_t active = sequences;
  for (std::size_t t = 0;; ++t) {
    while (active > 0 && length(by_length_[active - 1]) <= t) --active;
    if (active == 0) break;
    if (t > 0) {
      for (std::size_t k = 0; k < active; ++k)
        std::copy_n(states_.row(offsets_[by_length_[k]] + t - 1), states_.stride(), carried_.row(k));
      attention::multiply({as_is(carried_), active, units_, whole(weights.recurrent), width}, Write::kStore,
                          rows_of(some_));
    }
    for (std::size_t k = 0; k < active; ++k) {
      const std::size_t row = offsets_[by_length_[k]] + t;
      if (t > 0) axpy(1, some_.row(k), gates_.row(row), width);
      step(row, t == 0);
    }
  }
  return rows_of(states_);
}

void RecurrentPass::step(std::size_t row, bool first) {
  const std::size_t width = padded(units_);
  if (cell_ == RecurrentCell::kLstm) {
    lstm_forward({gate(row, 0), gate(row, 1), gate(row, 2), gate(row, 3)},
                 first ? zero_.row(0) : cells_.row(row - 1), cells_.row(row), states_.row(row), width);
    return;
  }
  tanh_forward(gates_.row(row), width);
  std::copy_n(gates_.row(row), width, states_.row(row));
}

/// From the gradient of the state to those of the gates, in their place.
void RecurrentPass::step_back(std::size_t row, bool first, const float* gradient, float* cell_gradient) {
  const std::size_t width = padded(units_);
  if (cell_ == RecurrentCell::kLstm) {
    lstm_backward({gate(row, 0), gate(row, 1), gate(row, 2), gate(row, 3)},
                  first ? zero_.row(0) : cells_.row(row - 1), cells_.row(row), gradient, cell_gradient,
                  width);
    return;
  }
  std::copy_n(gradient, width, gates_.row(row));
  tanh_backward(states_.row(row), gates_.row(row), width);
}

void RecurrentPass::backward(const RecurrentWeights& weights, const RecurrentWeights& transposed,
                             std::size_t bptt, Rows states, const RecurrentGradients& gradients, Rows dx) {
  const std::size_t n = offsets_.back(), sequences = by_length_.size(), width = weights.bias.stride();
  const auto length = [&](std::size_t s) { return offsets_[s + 1] - offsets_[s]; };
  make_room(cell_gradients_, sequences, units_);
  clear_rows(carried_, sequences);
  clear_rows(cell_gradients_, sequences);
  std::size_t active = 0;
  for (std::size_t t = sequences == 0 ? 0 : length(by_length_[0]); t-- > 0;) {
    while (active < sequences && length(by_length_[active]) > t) ++active;
    for (std::size_t k = 0; k < active; ++k) {
      const std::size_t row = offsets_[by_length_[k]] + t;
      axpy(1, carried_.row(k), states[row], carried_.stride());
      step_back(row, t == 0, states[row], cell_gradients_.row(k));
    }
    if (t == 0) break;
    if (bptt > 0 && t % bptt == 0) {
      clear_rows(carried_, active);
      clear_rows(cell_gradients_, active);
      continue;
    }
    for (std::size_t k = 0; k < active; ++k)
      std::copy_n(gates_.row(offsets_[by_length_[k]] + t), width, some_.row(k));
    attention::multiply({as_is(some_), active, width, whole(transposed.recurrent), padded(units_)},
                        Write::kStore, rows_of(carried_));
  }
  for (std::size_t s = 0; s < sequences; ++s) {
    for (std::size_t row = offsets_[s]; row < offsets_[s + 1]; ++row)
      std::copy_n(row == offsets_[s] ? zero_.row(0) : states_.row(row - 1), states_.stride(),
                  before_.row(row));
  }
  add_weight_gradient(akin::transposed(before_), n, rows_of(gates_), gradients.recurrent);
  add_weight_gradient({x_.data, 1, x_.stride}, n, rows_of(gates_), gradients.input);
  attention::add_rows(rows_of(gates_), n, width, gradients.bias.row(0));
  attention::multiply({as_is(gates_), n, width, whole(transposed.input), padded(weights.input.rows())},
                      Write::kStore, dx);
}

}  // namespace akin
