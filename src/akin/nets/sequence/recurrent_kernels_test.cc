#include "akin/nets/sequence/recurrent_kernels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::size_t kNumbers = 48;

Matrix random_rows(std::size_t rows, double width, std::uint64_t seed = 5) {
  return Matrix::normal(rows, kNumbers, width, seed);
}
GruGates gates_of(Matrix& m) { return {m.row(0), m.row(1), m.row(2), m.row(3)}; }

TEST(GruKernels, ForwardIsThatOfTheEquations) {
  for (const double width : {0.3, 3.0, 200.0}) {
    Matrix fast = random_rows(4, width), plain = fast.clone(), next(2, kNumbers);
    const Matrix state = random_rows(1, 0.5, 6);
    gru_forward(gates_of(fast), state.row(0), next.row(0), kNumbers);
    reference::gru_forward(gates_of(plain), state.row(0), next.row(1), kNumbers);
    for (std::size_t k = 0; k < kNumbers; ++k) {
      EXPECT_NEAR(next[0][k], next[1][k], 2e-6);
      for (std::size_t g = 0; g < 4; ++g)
        EXPECT_NEAR(fast[g][k], plain[g][k], 2e-6f * (1 + std::abs(plain[g][k])));
    }
  }
}

TEST(LstmKernels, ForwardIsThatOfTheEquations) {  // backwards: recurrent_pass_test.cc
  for (const double width : {0.3, 3.0, 200.0}) {
    Matrix fast = random_rows(4, width), plain = fast.clone(), after(4, kNumbers);
    const Matrix before = random_rows(1, 0.5, 6);
    const auto lstm_gates = [](Matrix& m) { return LstmGates{m.row(0), m.row(1), m.row(2), m.row(3)}; };
    lstm_forward(lstm_gates(fast), before.row(0), after.row(0), after.row(1), kNumbers);
    reference::lstm_forward(lstm_gates(plain), before.row(0), after.row(2), after.row(3), kNumbers);
    for (std::size_t k = 0; k < kNumbers; ++k) {
      for (std::size_t r = 0; r < 2; ++r) EXPECT_NEAR(after[r][k], after[r + 2][k], 2e-6);
      for (std::size_t g = 0; g < 4; ++g) EXPECT_NEAR(fast[g][k], plain[g][k], 2e-6);
    }
  }
}

/// The next state in double; `numbers` are r', z', c', u'.
double next_state(const double (&numbers)[4], double state) {
  const double r = 1 / (1 + std::exp(-numbers[0])), z = 1 / (1 + std::exp(-numbers[1]));
  return (1 - z) * std::tanh(numbers[2] + r * numbers[3]) + z * state;
}

TEST(GruKernels, BackwardIsTheDerivative) {
  Matrix gates = random_rows(4, 1);
  const Matrix before = gates.clone(), state = random_rows(1, 0.5, 6), gradient = random_rows(1, 1, 7);
  Matrix next(1, kNumbers);
  gru_forward(gates_of(gates), state.row(0), next.row(0), kNumbers);
  gru_backward(gates_of(gates), state.row(0), gradient.row(0), kNumbers);
  for (std::size_t k = 0; k < kNumbers; ++k) {
    double numbers[4];
    for (std::size_t g = 0; g < 4; ++g) numbers[g] = static_cast<double>(before[g][k]);
    for (std::size_t g = 0; g < 4; ++g) {
      const double at = numbers[g], old = static_cast<double>(state[0][k]);
      numbers[g] = at + 1e-5;
      const double above = next_state(numbers, old);
      numbers[g] = at - 1e-5;
      const double below = next_state(numbers, old);
      numbers[g] = at;
      EXPECT_NEAR(gates[g][k], static_cast<double>(gradient[0][k]) * (above - below) / 2e-5, 3e-6) << g;
    }
  }
}

TEST(GruKernels, AdagradIsThatOfTheEquation) {
  for (const bool momentum : {false, true}) {
    Matrix fast = random_rows(3, 1), plain = fast.clone();
    for (Matrix* m : {&fast, &plain}) {
      for (float& x : (*m)[1]) x *= x;
    }
    const AdagradRule rule{0.05f, 0.3f};
    for (std::uint64_t step = 0; step < 3; ++step) {
      const Matrix g = random_rows(1, 1, 9 + step);
      adagrad_step(rule, g.row(0), fast.row(0), fast.row(1), momentum ? fast.row(2) : nullptr, kNumbers);
      reference::adagrad_step(rule, g.row(0), plain.row(0), plain.row(1), momentum ? plain.row(2) : nullptr,
                              kNumbers);
    }
    for (std::size_t r = 0; r < 3; ++r) {
      for (std::size_t k = 0; k < kNumbers; ++k) EXPECT_NEAR(fast[r][k], plain[r][k], 1e-5) << r;
    }
  }
}

}  // namespace
}  // namespace akin
