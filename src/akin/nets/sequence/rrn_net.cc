#include "akin/nets/sequence/rrn_net.h"

#include <algorithm>
#include <cmath>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin {
namespace {

using attention::make_room;
using attention::Rows;
using attention::rows_of;
using attention::whole;
using attention::Write;

constexpr double kSigma = 0.1;  // of W and a

RecurrentWeights weights_of(const std::vector<Matrix>& tensors) {
  return {tensors[RrnNet::kInput], tensors[RrnNet::kRecurrent], tensors[RrnNet::kBias]};
}

}  // namespace

RrnNet RrnNet::clone() const {
  RrnNet copy{others.clone(), {}};
  for (const Matrix& tensor : tensors) copy.tensors.push_back(tensor.clone());
  return copy;
}

std::vector<Matrix> rrn_zeros(std::size_t units, std::size_t factors) {
  const std::size_t gates = gates_of(RecurrentCell::kLstm) * padded(units);
  std::vector<Matrix> zeros;
  zeros.emplace_back(3, units);
  zeros.emplace_back(units, gates);
  zeros.emplace_back(units, gates);
  zeros.emplace_back(1, gates);
  zeros.emplace_back(units, factors);
  zeros.emplace_back(1, factors);
  return zeros;
}

RrnNet random_rrn_net(std::size_t others, std::size_t units, std::size_t factors, std::uint64_t seed) {
  RrnNet net{Matrix::normal(others, units, kSigma, Rng::mix(seed)), rrn_zeros(units, factors)};
  net.tensors[RrnNet::kTimes] = Matrix::normal(3, units, kSigma, Rng::mix(seed + 1));
  net.tensors[RrnNet::kProjectBias] = Matrix::normal(1, factors, kSigma, Rng::mix(seed + 2));
  const float bound = std::sqrt(6.0f / static_cast<float>(2 * units));
  const std::size_t width = padded(units);
  for (const std::size_t tensor : {RrnNet::kInput, RrnNet::kRecurrent}) {
    for (std::size_t r = 0; r < units; ++r) {
      Rng rng(Rng::mix(seed + 3 + tensor), r);
      for (std::size_t c = 0; c < 4 * units; ++c)
        net.tensors[tensor].row(r)[c / units * width + c % units] = bound * (2 * rng.uniform_float() - 1);
    }
  }
  std::fill_n(net.tensors[RrnNet::kBias].row(0) + width, units, 1.0f);
  return net;
}

void RrnChunk::clear() {
  offsets.assign(1, 0);
  entries.assign(1, 0);
  others.clear();
  values.clear();
  times.clear();
}

Rows RrnPass::forward(const RrnNet& net, const RrnChunk& chunk) {
  chunk_ = &chunk;
  const std::size_t n = chunk.steps(), factors = net.factors();
  make_room(x_, n, net.units());
  for (std::size_t t = 0; t < n; ++t) {
    float* const x = x_.row(t);
    std::fill_n(x, x_.stride(), 0.0f);
    const float share = 1 / std::sqrt(static_cast<float>(chunk.entries[t + 1] - chunk.entries[t]));
    for (std::size_t e = chunk.entries[t]; e < chunk.entries[t + 1]; ++e)
      axpy(share * chunk.values[e], net.others.row(chunk.others[e]), x, x_.stride());
    for (std::size_t k = 0; k < 3; ++k)
      axpy(chunk.times[t][k], net.tensors[RrnNet::kTimes].row(k), x, x_.stride());
  }
  hidden_ = pass_.forward(weights_of(net.tensors), rows_of(x_), chunk.offsets);
  make_room(states_, chunk.states(), factors);
  const Matrix& project = net.tensors[RrnNet::kProject];
  for (std::size_t s = 0; s < chunk.size(); ++s) {
    const std::size_t first = chunk.first_state(s), steps = chunk.offsets[s + 1] - chunk.offsets[s];
    for (std::size_t r = first; r <= first + steps; ++r)
      std::copy_n(net.tensors[RrnNet::kProjectBias].row(0), states_.stride(), states_.row(r));
    if (steps == 0) continue;
    attention::multiply({{hidden_[chunk.offsets[s]], hidden_.stride, 1},
                         steps,
                         net.units(),
                         whole(project),
                         project.stride()},
                        Write::kAdd, {states_.row(first + 1), states_.stride()});
  }
  return rows_of(states_);
}

void RrnPass::backward(const RrnNet& net, const std::vector<Matrix>& transposed, Rows states,
                       std::vector<Matrix>& gradients, attention::ItemGradients& others) {
  const RrnChunk& chunk = *chunk_;
  const std::size_t n = chunk.steps(), width = padded(net.factors());
  attention::add_rows(states, chunk.states(), width, gradients[RrnNet::kProjectBias].row(0));
  if (n == 0) return;
  make_room(slopes_, n, net.factors());
  for (std::size_t s = 0; s < chunk.size(); ++s) {
    for (std::size_t t = chunk.offsets[s]; t < chunk.offsets[s + 1]; ++t)
      std::copy_n(states[t + s + 1], width, slopes_.row(t));
  }
  attention::multiply({{hidden_.data, 1, hidden_.stride}, net.units(), n, whole(slopes_), width}, Write::kAdd,
                      rows_of(gradients[RrnNet::kProject]));
  for (Matrix* const matrix : {&hidden_slopes_, &dx_}) make_room(*matrix, n, net.units());
  attention::multiply(
      {as_is(slopes_), n, net.factors(), whole(transposed[RrnNet::kProject]), padded(net.units())},
      Write::kStore, rows_of(hidden_slopes_));
  pass_.backward(weights_of(net.tensors), weights_of(transposed), 0, rows_of(hidden_slopes_),
                 {gradients[RrnNet::kInput], gradients[RrnNet::kRecurrent], gradients[RrnNet::kBias]},
                 rows_of(dx_));
  for (std::size_t t = 0; t < n; ++t) {
    const float share = 1 / std::sqrt(static_cast<float>(chunk.entries[t + 1] - chunk.entries[t]));
    for (std::size_t e = chunk.entries[t]; e < chunk.entries[t + 1]; ++e)
      axpy(share * chunk.values[e], dx_.row(t), others.row(chunk.others[e]), dx_.stride());
    for (std::size_t k = 0; k < 3; ++k)
      axpy(chunk.times[t][k], dx_.row(t), gradients[RrnNet::kTimes].row(k), dx_.stride());
  }
}

void transpose_rrn(const RrnNet& net, std::vector<Matrix>& transposed) {
  transposed.resize(RrnNet::kTensors);
  for (const std::size_t tensor : {RrnNet::kInput, RrnNet::kRecurrent, RrnNet::kProject}) {
    const Matrix& from = net.tensors[tensor];
    if (transposed[tensor].empty()) transposed[tensor] = Matrix(from.cols(), from.rows());
    for (std::size_t r = 0; r < from.rows(); ++r) {
      for (std::size_t c = 0; c < from.cols(); ++c) transposed[tensor].row(c)[r] = from.row(r)[c];
    }
  }
}

}  // namespace akin
