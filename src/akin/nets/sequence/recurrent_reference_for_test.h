// Recurrent layers in double, number by number, straight from the equations.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/nets/sequence/recurrent_pass.h"

namespace akin::reference {

using Numbers = std::vector<std::vector<double>>;

inline Numbers numbers_of(const Matrix& matrix) {
  Numbers rows;
  for (std::size_t r = 0; r < matrix.rows(); ++r) rows.emplace_back(matrix[r].begin(), matrix[r].end());
  return rows;
}

/// As RecurrentWeights.
struct Layer {
  Numbers input, recurrent, bias;
};

/// State and cell after a step.
struct After {
  std::vector<double> state, cell;
};

/// All of a sequence. With `frozen`, those of a run before, and bptt > 0, the steps bptt, 2 bptt ... continue from what
/// that run left behind in place of this one: nothing that changes here goes past them.
inline std::vector<After> run(RecurrentCell cell, const Layer& layer, const Numbers& x,
                              const std::vector<After>* frozen = nullptr, std::size_t bptt = 0) {
  const std::size_t units = layer.recurrent.size(), width = layer.bias[0].size() / gates_of(cell);
  const auto sigma = [](double a) { return 1 / (1 + std::exp(-a)); };
  std::vector<After> all;
  After before{std::vector<double>(units, 0), std::vector<double>(units, 0)};
  for (std::size_t t = 0; t < x.size(); ++t) {
    if (frozen != nullptr && t > 0 && t % bptt == 0) before = (*frozen)[t - 1];
    std::vector<double> a = layer.bias[0];
    for (std::size_t c = 0; c < a.size(); ++c) {
      for (std::size_t k = 0; k < x[t].size(); ++k) a[c] += x[t][k] * layer.input[k][c];
      for (std::size_t k = 0; k < units; ++k) a[c] += before.state[k] * layer.recurrent[k][c];
    }
    After after = before;
    for (std::size_t u = 0; u < units; ++u) {
      if (cell == RecurrentCell::kLstm) {
        after.cell[u] = sigma(a[width + u]) * before.cell[u] + sigma(a[u]) * std::tanh(a[2 * width + u]);
        after.state[u] = sigma(a[3 * width + u]) * std::tanh(after.cell[u]);
      } else {
        after.state[u] = std::tanh(a[u]);
      }
    }
    all.push_back(after);
    before = after;
  }
  return all;
}

/// The derivative of `loss` by a number that it depends on.
inline double derivative(double& number, const std::function<double()>& loss) {
  constexpr double kStep = 1e-5;
  const double at = number;
  number = at + kStep;
  const double above = loss();
  number = at - kStep;
  const double below = loss();
  number = at;
  return (above - below) / (2 * kStep);
}

}  // namespace akin::reference
