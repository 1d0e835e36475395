#include "akin/optim/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "akin/base/error_for_test.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/optim/recurrences.h"

namespace akin {
namespace {

constexpr std::array<const char*, 6> kNames = {"sgd", "momentum", "adagrad", "rmsprop", "adam", "adadelta"};
constexpr std::array<std::size_t, 9> kSizes = {1, 2, 13, 16, 17, 31, 97, 127, 256};

std::vector<float> numbers(std::size_t n, std::uint64_t seed) {
  Rng rng(seed, n);
  std::vector<float> all(n);
  for (float& x : all) x = static_cast<float>(rng.normal());
  return all;
}

/// A learning rate with which a rule gets to the bottom of a bowl in a few thousand steps.
float bowl_rate(UpdateRule rule) {
  switch (rule) {
    case UpdateRule::kSgd:
    case UpdateRule::kAdaGrad:
      return 0.5f;
    case UpdateRule::kMomentum:
      return 0.1f;
    case UpdateRule::kRmsProp:
    case UpdateRule::kAdam:
      return 0.01f;
    case UpdateRule::kAdadelta:
      return 1;
  }
  return 0;
}

class EveryRule : public testing::TestWithParam<const char*> {
 protected:
  OptimizerOptions options() const { return optimizer_options(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Optimizer, EveryRule, testing::ValuesIn(kNames),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(EveryRule, HasItsName) {
  EXPECT_EQ(name_of(options().rule), GetParam());
  EXPECT_NO_THROW(check(options()));
}

TEST_P(EveryRule, DenseAndRowsGiveTheSameBits) {
  for (const std::size_t n : kSizes) {
    std::vector<float> dense = numbers(n, 1);
    Matrix table(3, n);
    std::ranges::copy(dense, table.row(1));
    DenseOptimizer a(options(), n);
    RowOptimizer b(options(), 3, n);
    Matrix gradient(1, n);
    for (std::uint64_t t = 0; t < 7; ++t) {
      const std::vector<float> g = numbers(n, 100 + t);
      std::ranges::copy(g, gradient.row(0));
      a.step(dense, g);
      b.begin_step();
      b.step(1, table.row(1), gradient.row(0));
    }
    EXPECT_EQ(0, std::memcmp(dense.data(), table.row(1), n * sizeof(float))) << n;
    EXPECT_EQ(a.steps(), b.steps());
  }
}

TEST_P(EveryRule, StepsOnlyTheRowsItIsGiven) {
  const std::size_t rows = 11, cols = 19;
  Matrix table = Matrix::normal(rows, cols, 1, 3);
  const Matrix before = table.clone(), gradient = Matrix::normal(1, cols, 1, 4);
  RowOptimizer optimizer(options(), rows, cols);
  optimizer.begin_step();
  optimizer.step(2, table.row(2), gradient.row(0));
  optimizer.step(7, table.row(7), gradient.row(0));
  for (std::size_t r = 0; r < rows; ++r) {
    const bool stepped = r == 2 || r == 7;
    EXPECT_EQ(stepped, std::memcmp(table.row(r), before.row(r), cols * sizeof(float)) != 0) << r;
    for (std::size_t c = cols; c < table.stride(); ++c) EXPECT_EQ(0, table.row(r)[c]);
    for (const Matrix* moment : {&optimizer.first_moment(), &optimizer.second_moment()}) {
      if (moment->empty()) continue;
      EXPECT_EQ(stepped, !is_zero((*moment)[r])) << r;
      for (std::size_t c = cols; c < moment->stride(); ++c) EXPECT_EQ(0, moment->row(r)[c]);
    }
  }
}

TEST_P(EveryRule, KeepsWhatItSaysItKeeps) {
  const RowOptimizer rows(options(), 5, 7);
  const DenseOptimizer dense(options(), 35);
  EXPECT_EQ(has_first_moment(options().rule), rows.first_moment().rows() == 5);
  EXPECT_EQ(has_second_moment(options().rule), rows.second_moment().rows() == 5);
  EXPECT_EQ(has_first_moment(options().rule) ? 35U : 0U, dense.first_moment().size());
  EXPECT_EQ(has_second_moment(options().rule) ? 35U : 0U, dense.second_moment().size());
}

/// The state of one optimizer, stored and put into another.
template <typename Optimizer>
void put_back(Optimizer& from, Optimizer& to) {
  to.set_steps(from.steps());
  const std::vector<Matrix*> source = from.moments(), target = to.moments();
  for (std::size_t k = 0; k < source.size(); ++k) *target[k] = source[k]->clone();
}

TEST_P(EveryRule, RowsGoOnToTheSameBits) {
  const std::size_t rows = 7, cols = 23;
  const auto train = [&](RowOptimizer& optimizer, Matrix& table, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t t = from; t < to; ++t) {
      const Matrix gradient = Matrix::normal(rows, cols, 1, 50 + t);
      optimizer.begin_step();
      for (std::size_t r = t % 2; r < rows; r += 2) optimizer.step(r, table.row(r), gradient.row(r));
    }
  };
  Matrix straight = Matrix::normal(rows, cols, 1, 5);
  Matrix broken = straight.clone();
  RowOptimizer whole(options(), rows, cols), first(options(), rows, cols), second(options(), rows, cols);
  train(whole, straight, 0, 20);
  train(first, broken, 0, 9);
  put_back(first, second);
  train(second, broken, 9, 20);
  EXPECT_EQ(0, std::memcmp(straight.data(), broken.data(), rows * straight.stride() * sizeof(float)));
  EXPECT_EQ(20U, second.steps());
}

TEST_P(EveryRule, DenseGoesOnToTheSameBits) {
  const std::size_t n = 53;
  const auto train = [&](DenseOptimizer& optimizer, std::vector<float>& x, std::uint64_t from,
                         std::uint64_t to) {
    for (std::uint64_t t = from; t < to; ++t) optimizer.step(x, numbers(n, 70 + t));
  };
  std::vector<float> straight = numbers(n, 6), broken = straight;
  DenseOptimizer whole(options(), n), first(options(), n), second(options(), n);
  train(whole, straight, 0, 20);
  train(first, broken, 0, 9);
  put_back(first, second);
  train(second, broken, 9, 20);
  EXPECT_EQ(straight, broken);
}

/// Rows with a gradient in one step of eight end where stepping the whole table with zeros elsewhere takes
/// them: once the rate stands still, to within rounding and the epsilon that zero_gradient_steps() leaves
/// as it is.
TEST_P(EveryRule, RowsOutsideTheMinibatchMoveAsInADenseTable) {
  const std::size_t rows = 11, cols = 16;
  for (const auto& [from, tolerance] : {std::pair{5000u, 1e-3}, std::pair{0u, 0.1}}) {
    Matrix sparse = Matrix::normal(rows, cols, 1, 5);
    const Matrix start = sparse.clone();
    std::vector<float> whole(sparse.data(), sparse.data() + rows * cols);
    RowOptimizer by_row(options(), rows, cols, RowUpdates::kDense);
    DenseOptimizer at_once(options(), rows * cols);
    by_row.set_steps(from);
    at_once.set_steps(from);
    Rng rng(3);
    for (std::uint64_t t = 0; t < 600; ++t) {
      const Matrix drawn = Matrix::normal(rows, cols, 1, 50 + t);
      Matrix gradient(rows, cols);
      by_row.begin_step();
      for (std::size_t r = 0; r < rows; ++r) {
        if (rng.below(8) > 0) continue;
        std::ranges::copy(drawn[r], gradient.row(r));
        by_row.catch_up(r, sparse.row(r));
        by_row.step(r, sparse.row(r), gradient.row(r));
      }
      at_once.step(whole, {gradient.data(), rows * cols});
    }
    by_row.catch_up_rows(0, sparse.rows(), from + 600, sparse);
    double moved = 0, apart = 0;
    for (std::size_t i = 0; i < rows * cols; ++i) {
      moved = std::max(moved, std::abs(double{whole[i]} - start.data()[i]));
      apart = std::max(apart, std::abs(double{whole[i]} - sparse.data()[i]));
    }
    EXPECT_LT(apart, tolerance * moved) << "from step " << from;
    EXPECT_EQ(by_row.steps(), from + 600);
  }
}

TEST_P(EveryRule, MovingOnGoesOnToTheSameBits) {
  const std::size_t rows = 7, cols = 23;
  const auto train = [&](RowOptimizer& optimizer, Matrix& table, std::uint64_t from, std::uint64_t to) {
    optimizer.set_steps(from);
    for (std::uint64_t t = from; t < to; ++t) {
      const Matrix gradient = Matrix::normal(rows, cols, 1, 50 + t);
      optimizer.begin_step();
      for (std::size_t r = t % 3; r < rows; r += 3) optimizer.step(r, table.row(r), gradient.row(r));
    }
    optimizer.catch_up_rows(0, table.rows(), to, table);
  };
  Matrix straight = Matrix::normal(rows, cols, 1, 5);
  Matrix broken = straight.clone();
  RowOptimizer whole(options(), rows, cols, RowUpdates::kDense),
      first(options(), rows, cols, RowUpdates::kDense), second(options(), rows, cols, RowUpdates::kDense);
  train(whole, straight, 0, 10);
  train(whole, straight, 10, 20);
  train(first, broken, 0, 10);
  put_back(first, second);
  train(second, broken, 10, 20);
  EXPECT_EQ(0, std::memcmp(straight.data(), broken.data(), rows * straight.stride() * sizeof(float)));
}

TEST(RowOptimizer, RefusesMomentumThatNeverEnds) {
  OptimizerOptions options = optimizer_options("adam");
  options.beta1 = 0.9999;
  EXPECT_THROW(RowOptimizer(options, 3, 4, RowUpdates::kDense), Error);
  EXPECT_NO_THROW(RowOptimizer(options, 3, 4, RowUpdates::kSparse));
}

TEST_P(EveryRule, GivesTheSameBitsOnManyThreads) {
  const std::size_t rows = 301, cols = 17;
  const Matrix gradient = Matrix::normal(rows, cols, 1, 8);
  const auto trained = [&](int threads) {
    Matrix table = Matrix::normal(rows, cols, 1, 7);
    RowOptimizer optimizer(options(), rows, cols);
    for (int t = 0; t < 5; ++t) {
      optimizer.begin_step();
      parallel_for(rows, threads, [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t r = begin; r < end; ++r) optimizer.step(r, table.row(r), gradient.row(r));
      });
    }
    return table;
  };
  const Matrix one = trained(1), four = trained(4);
  EXPECT_EQ(0, std::memcmp(one.data(), four.data(), rows * one.stride() * sizeof(float)));
}

TEST_P(EveryRule, FindsTheBottomOfABowl) {
  // f(x) = sum_i lambda_i x_i^2 / 2 with lambda from 0.5 to 2
  const std::size_t n = 7;
  OptimizerOptions settings = options();
  settings.learning_rate = static_cast<double>(bowl_rate(settings.rule));
  DenseOptimizer optimizer(settings, n);
  std::vector<float> x = numbers(n, 9), g(n);
  for (int t = 0; t < 4000; ++t) {
    // steps of RMSProp and Adam do not shrink of their own accord
    if (t == 3000 && bowl_rate(settings.rule) == 0.01f) optimizer.set_learning_rate(1e-4);
    for (std::size_t i = 0; i < n; ++i) g[i] = (0.5f + 0.25f * static_cast<float>(i)) * x[i];
    optimizer.step(x, g);
  }
  for (const float value : x) EXPECT_NEAR(0, value, 1e-3);
}

TEST(OptimizerOptions, AreThoseOfKeras) {
  EXPECT_EQ(0.01, optimizer_options("sgd").learning_rate);
  EXPECT_EQ(0.01, optimizer_options("adagrad").learning_rate);
  EXPECT_EQ(0.001, optimizer_options("rmsprop").learning_rate);
  EXPECT_EQ(0.9, optimizer_options("rmsprop").rho);
  EXPECT_EQ(0.001, optimizer_options("adam").learning_rate);
  EXPECT_EQ(0.9, optimizer_options("adam").beta1);
  EXPECT_EQ(0.999, optimizer_options("adam").beta2);
  EXPECT_EQ(1.0, optimizer_options("adadelta").learning_rate);
  EXPECT_EQ(0.95, optimizer_options("adadelta").rho);
  for (const char* name : kNames) EXPECT_EQ(1e-8, optimizer_options(name).epsilon) << name;
}

TEST(OptimizerOptions, SaysWhatWasMeant) {
  const std::string message = message_of(ErrorCode::kUsage, [] { optimizer_options("adamm"); });
  EXPECT_NE(std::string::npos, message.find("did you mean adam")) << message;
  EXPECT_NE(std::string::npos, message.find("rmsprop")) << message;
}

TEST(OptimizerOptions, HaveRanges) {
  const auto refused = [](auto member, double value) {
    OptimizerOptions options = optimizer_options("adam");
    options.*member = value;
    EXPECT_THROW(DenseOptimizer(options, 3), Error) << value;
    EXPECT_THROW(RowOptimizer(options, 3, 3), Error) << value;
  };
  refused(&OptimizerOptions::learning_rate, -0.1);
  refused(&OptimizerOptions::learning_rate, NAN);
  refused(&OptimizerOptions::learning_rate, INFINITY);
  refused(&OptimizerOptions::momentum, 1.0);
  refused(&OptimizerOptions::beta1, 1.0);
  refused(&OptimizerOptions::beta2, -0.5);
  refused(&OptimizerOptions::rho, 1.5);
  refused(&OptimizerOptions::epsilon, 0.0);
  DenseOptimizer optimizer(optimizer_options("adam"), 3);
  EXPECT_THROW(optimizer.set_learning_rate(-1), Error);
  EXPECT_EQ(0.001, optimizer.options().learning_rate);
}

TEST(Adam, MovesByTheLearningRateAtFirst) {
  // whatever the gradient's size: the corrected moments are g and g^2
  std::vector<float> x(5, 1.0f);
  const std::vector<float> g = {1e-3f, -0.1f, 1, 100, -1e4f};
  DenseOptimizer(optimizer_options("adam"), 5).step(x, g);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(g[i] > 0 ? 0.999 : 1.001, x[i], 1e-6) << i;
}

TEST(Adam, CorrectsARowByTheStepsOfTheTable) {
  Matrix table(2, 3), gradient(1, 3);
  std::ranges::fill(gradient[0], 0.7f);
  const OptimizerOptions options = optimizer_options("adam");
  RowOptimizer optimizer(options, 2, 3);
  for (int t = 0; t < 6; ++t) {
    optimizer.begin_step();
    optimizer.step(t == 5 ? 1 : 0, table.row(t == 5 ? 1 : 0), gradient.row(0));
  }
  reference::Slot<double> slot;
  reference::adam_step(step_constants<double>(options, 6), 0.7, slot);
  for (const float value : table[1]) EXPECT_NEAR(slot.x, value, 1e-9);
  EXPECT_LT(slot.x, -2e-4);  // its one gradient among six steps counts for less than a step's 1e-3
  EXPECT_GT(slot.x, -9e-4);
}

TEST(Sgd, ConvergesAtThePredictedRate) {
  // x_t = (1 - eta lambda)^t x_0
  const std::vector<float> lambda = {0.5f, 1, 2, 5, 15};
  std::vector<float> x(5, 1.0f), g(5);
  OptimizerOptions options = optimizer_options("sgd");
  options.learning_rate = 0.1;
  DenseOptimizer optimizer(options, 5);
  for (int t = 1; t <= 40; ++t) {
    for (std::size_t i = 0; i < 5; ++i) g[i] = lambda[i] * x[i];
    optimizer.step(x, g);
    for (std::size_t i = 0; i < 5; ++i) {
      const double expected = std::pow(1 - 0.1 * static_cast<double>(lambda[i]), t);
      EXPECT_NEAR(expected, x[i], 1e-5 * std::abs(expected)) << i << " after " << t;
    }
  }
}

TEST(Momentum, ConvergesAtThePredictedRate) {
  // x_{t+1} = (1 + beta - eta lambda) x_t - beta x_{t-1} has the roots sqrt(beta) e^{+-i phi}, so
  // x_t = beta^{t/2} (cos(t phi) + c sin(t phi)), with c from x_1 = 1 - eta lambda.
  const double beta = 0.81, eta = 0.1, lambda = 2;
  OptimizerOptions options = optimizer_options("momentum");
  options.learning_rate = eta;
  options.momentum = static_cast<float>(beta);
  DenseOptimizer optimizer(options, 1);
  const double phi = std::acos((1 + beta - eta * lambda) / (2 * std::sqrt(beta)));
  const double c = ((1 - eta * lambda) / std::sqrt(beta) - std::cos(phi)) / std::sin(phi);
  std::vector<float> x = {1}, g(1);
  for (int t = 1; t <= 60; ++t) {
    g[0] = static_cast<float>(lambda) * x[0];
    optimizer.step(x, g);
    const double envelope = std::pow(beta, t / 2.0);
    EXPECT_NEAR(envelope * (std::cos(t * phi) + c * std::sin(t * phi)), x[0], 1e-5 * envelope) << t;
  }
}

}  // namespace
}  // namespace akin
