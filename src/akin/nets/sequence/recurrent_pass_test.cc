#include "akin/nets/sequence/recurrent_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "akin/nets/sequence/recurrent_reference_for_test.h"

namespace akin {
namespace {

using attention::rows_of;

constexpr std::size_t kInputs = 5, kUnits = 7, kWidth = 16;

/// Weights with zeros in the columns of the padding.
Matrix gate_weights(RecurrentCell cell, std::size_t rows, std::uint64_t seed) {
  Matrix weights = Matrix::normal(rows, gates_of(cell) * kWidth, 0.6, seed);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < weights.cols(); ++c) {
      if (c % kWidth >= kUnits) weights[r][c] = 0;
    }
  }
  return weights;
}

Matrix transpose_of(const Matrix& from) {
  Matrix to(from.cols(), from.rows());
  for (std::size_t r = 0; r < from.rows(); ++r) {
    for (std::size_t c = 0; c < from.cols(); ++c) to[c][r] = from[r][c];
  }
  return to;
}

struct Net {
  explicit Net(RecurrentCell cell)
      : input(gate_weights(cell, kInputs, 1)),
        recurrent(gate_weights(cell, kUnits, 2)),
        bias(gate_weights(cell, 1, 3)) {}
  RecurrentWeights weights() const { return {input, recurrent, bias}; }
  reference::Layer in_double() const {
    return {reference::numbers_of(input), reference::numbers_of(recurrent), reference::numbers_of(bias)};
  }
  Matrix input, recurrent, bias;
};

class Passes : public testing::TestWithParam<RecurrentCell> {};

/// Sequences of 5, 8 and no events; the loss is a sum of the states with random weights.
TEST_P(Passes, AreTheEquationsAndTheirDerivatives) {
  const RecurrentCell cell = GetParam();
  const std::vector<std::size_t> offsets = {0, 5, 13, 13};
  const Net net(cell);
  Matrix x = Matrix::normal(13, kInputs, 1, 4);
  const Matrix slopes = Matrix::normal(13, kUnits, 1, 5);
  const Matrix input_back = transpose_of(net.input), recurrent_back = transpose_of(net.recurrent);
  for (const std::size_t bptt : {std::size_t{0}, std::size_t{3}}) {
    RecurrentPass pass(cell, kUnits);
    const attention::Rows states = pass.forward(net.weights(), rows_of(x), offsets);
    reference::Layer layer = net.in_double();
    reference::Numbers inputs = reference::numbers_of(x);
    std::vector<std::vector<reference::After>> frozen;
    const auto sequence = [&](std::size_t s) {
      const auto at = [&](std::size_t o) { return inputs.begin() + static_cast<std::ptrdiff_t>(o); };
      return reference::Numbers(at(offsets[s]), at(offsets[s + 1]));
    };
    for (std::size_t s = 0; s < 2; ++s) {
      frozen.push_back(reference::run(cell, layer, sequence(s)));
      for (std::size_t t = 0; t < frozen[s].size(); ++t) {
        for (std::size_t u = 0; u < kUnits; ++u)
          ASSERT_NEAR(states[offsets[s] + t][u], frozen[s][t].state[u], 2e-6);
      }
    }
    const auto loss = [&] {
      double sum = 0;
      for (std::size_t s = 0; s < 2; ++s) {
        const auto all = reference::run(cell, layer, sequence(s), bptt > 0 ? &frozen[s] : nullptr, bptt);
        for (std::size_t t = 0; t < all.size(); ++t) {
          for (std::size_t u = 0; u < kUnits; ++u)
            sum += static_cast<double>(slopes[offsets[s] + t][u]) * all[t].state[u];
        }
      }
      return sum;
    };
    Matrix dstates = slopes.clone(), dx(13, kInputs), dinput(kInputs, net.input.cols()),
           drecurrent(kUnits, net.input.cols()), dbias(1, net.input.cols());
    pass.backward(net.weights(), {input_back, recurrent_back, net.bias}, bptt, rows_of(dstates),
                  {dinput, drecurrent, dbias}, rows_of(dx));
    const auto compare = [&](const Matrix& gradient, reference::Numbers& numbers, std::size_t width) {
      for (std::size_t r = 0; r < gradient.rows(); ++r) {
        for (std::size_t c = 0; c < gradient.cols(); ++c) {
          if (c % width >= kUnits) continue;
          const double expected = reference::derivative(numbers[r][c], loss);
          ASSERT_NEAR(gradient[r][c], expected, 2e-5 * (1 + std::abs(expected))) << r << ", " << c;
        }
      }
    };
    compare(dinput, layer.input, kWidth);
    compare(drecurrent, layer.recurrent, kWidth);
    compare(dbias, layer.bias, kWidth);
    compare(dx, inputs, kInputs + kUnits);
  }
}

TEST_P(Passes, AStateDependsOnWhatWasBeforeInItsSequenceAlone) {
  const Net net(GetParam());
  Matrix x = Matrix::normal(9, kInputs, 1, 4);
  RecurrentPass pass(GetParam(), kUnits), alone(GetParam(), kUnits);
  const std::vector<std::size_t> both = {0, 4, 9}, one = {0, 3};
  pass.forward(net.weights(), rows_of(x), both);
  const attention::Rows states = pass.forward(net.weights(), rows_of(x), both);
  const attention::Rows expected = alone.forward(net.weights(), {x.row(4), x.stride()}, one);
  for (std::size_t t = 0; t < 3; ++t) {
    for (std::size_t u = 0; u < kUnits; ++u) EXPECT_EQ(states[4 + t][u], expected[t][u]);
  }
}

/// A gradient at the last of 100 steps, on its way back to the first.
TEST(RecurrentPass, LstmsKeepGradientsThatRnnsLose) {
  const std::vector<std::size_t> offsets = {0, 100};
  const auto first_to_last = [&](RecurrentCell cell) {
    Net net(cell);
    std::ranges::fill(net.bias[0], 0.0f);
    for (Matrix* const matrix : {&net.input, &net.recurrent}) {
      for (std::size_t r = 0; r < matrix->rows(); ++r) {
        for (float& number : (*matrix)[r]) number *= 0.25f;
      }
    }
    if (cell == RecurrentCell::kLstm)
      std::fill_n(net.bias.row(0) + kWidth, kUnits, 5.0f);  // open forget gates
    Matrix x = Matrix::normal(100, kInputs, 1, 4), dstates(100, kUnits), dx(100, kInputs),
           dinput(kInputs, net.input.cols()), drecurrent(kUnits, net.input.cols()),
           dbias(1, net.input.cols());
    const Matrix input_back = transpose_of(net.input), recurrent_back = transpose_of(net.recurrent);
    RecurrentPass pass(cell, kUnits);
    pass.forward(net.weights(), rows_of(x), offsets);
    std::ranges::fill(dstates[99], 1.0f);
    pass.backward(net.weights(), {input_back, recurrent_back, net.bias}, 0, rows_of(dstates),
                  {dinput, drecurrent, dbias}, rows_of(dx));
    const auto length = [&](std::size_t t) {
      double sum = 0;
      for (const float number : dx[t]) sum += static_cast<double>(number) * static_cast<double>(number);
      return std::sqrt(sum);
    };
    return length(0) / length(99);
  };
  EXPECT_LT(first_to_last(RecurrentCell::kRnn), 1e-6);
  EXPECT_GT(first_to_last(RecurrentCell::kLstm), 1e-2);
}

INSTANTIATE_TEST_SUITE_P(Cells, Passes, testing::Values(RecurrentCell::kRnn, RecurrentCell::kLstm),
                         [](const auto& test) { return test.param == RecurrentCell::kRnn ? "rnn" : "lstm"; });

}  // namespace
}  // namespace akin
