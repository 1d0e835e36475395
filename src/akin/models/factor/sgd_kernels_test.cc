#include "akin/models/factor/sgd_kernels.h"

#include <gtest/gtest.h>

#include <cmath>

namespace akin {
namespace {

FactorModel random_model(std::size_t n_users, std::size_t n_items, std::size_t factors) {
  FactorModel model;
  model.users = Matrix::normal(n_users, factors, 0.4, 1);
  model.items = Matrix::normal(n_items, factors, 0.4, 2);
  Rng rng(3);
  for (std::size_t u = 0; u < n_users; ++u) model.user_bias.push_back(static_cast<float>(rng.normal()));
  for (std::size_t i = 0; i < n_items; ++i) model.item_bias.push_back(static_cast<float>(rng.normal()));
  return model;
}

FactorModel copy(const FactorModel& model) {
  return {model.users.clone(), model.items.clone(), model.user_bias, model.item_bias};
}

void expect_same(const FactorModel& got, const FactorModel& expected) {
  for (std::size_t u = 0; u < got.users.rows(); ++u) {
    EXPECT_NEAR(got.user_bias[u], expected.user_bias[u], 1e-4);
    for (std::size_t c = 0; c < got.users.stride(); ++c) {
      ASSERT_NEAR(got.users.row(u)[c], expected.users.row(u)[c], 1e-4) << "user " << u << " column " << c;
    }
  }
  for (std::size_t i = 0; i < got.items.rows(); ++i) {
    EXPECT_NEAR(got.item_bias[i], expected.item_bias[i], 1e-4);
    for (std::size_t c = 0; c < got.items.stride(); ++c) {
      ASSERT_NEAR(got.items.row(i)[c], expected.items.row(i)[c], 1e-4) << "item " << i << " column " << c;
    }
  }
}

constexpr std::size_t kFactors[] = {1, 3, 16, 17, 31, 64, 67, 131};

TEST(SgdKernels, RatingStepsMatchReference) {
  for (const std::size_t factors : kFactors) {
    for (const std::size_t n : {0, 1, 2, 7, 53}) {
      SCOPED_TRACE(::testing::Message() << factors << " factors, " << n << " cells");
      std::vector<Cell> cells;
      Rng rng(4);
      for (std::size_t k = 0; k < n; ++k) {
        cells.push_back({static_cast<idx_t>(rng.below(5)), static_cast<idx_t>(rng.below(7)),
                         static_cast<float>(rng.normal())});
      }
      FactorModel fast = random_model(5, 7, factors), slow = copy(fast);
      const RatingStep step{3.5f, 0.02f, 0.1f, 0.3f};
      const double loss = rating_steps(cells, step, fast);
      EXPECT_NEAR(loss, reference::rating_steps(cells, step, slow), 1e-4 * (1 + loss));
      expect_same(fast, slow);
    }
  }
}

/// The parameters of user 0 and items 0 and 1, one after the other.
std::vector<float*> parameters(FactorModel& model) {
  std::vector<float*> all = {&model.user_bias[0], &model.item_bias[0], &model.item_bias[1]};
  for (float& value : model.users[0]) all.push_back(&value);
  for (const std::size_t i : {0, 1}) {
    for (float& value : model.items[i]) all.push_back(&value);
  }
  return all;
}

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += double{a[c]} * b[c];
  return sum;
}

/// Checks that `step` moved each parameter by -rate times the derivative of `objective`, taken by central
/// differences.
template <typename Objective, typename Step>
void expect_gradient_step(const Objective& objective, const Step& step, double rate) {
  FactorModel model = random_model(1, 2, 5);
  FactorModel moved = copy(model);
  step(moved);
  const auto before = parameters(model), after = parameters(moved);
  for (std::size_t k = 0; k < before.size(); ++k) {
    const float value = *before[k];
    constexpr float kStep = 1e-2f;
    *before[k] = value + kStep;
    const double high = objective(model), high_at = *before[k];
    *before[k] = value - kStep;
    const double low = objective(model), low_at = *before[k];
    *before[k] = value;
    const double slope = (high - low) / (high_at - low_at);
    EXPECT_NEAR((double{*after[k]} - value) / -rate, slope, 2e-3 * (1 + std::abs(slope)))
        << "parameter " << k;
  }
}

TEST(SgdKernels, RatingStepIsAGradientStep) {
  const auto objective = [](const FactorModel& m) {
    const auto p = m.users[0], q = m.items[0];
    const double error = 4 - (3.5 + m.user_bias[0] + m.item_bias[0] + product(p, q));
    return 0.5 * error * error + 0.1 / 2 * (product(p, p) + product(q, q)) +
           0.3 / 2 * (std::pow(m.user_bias[0], 2) + std::pow(m.item_bias[0], 2));
  };
  const std::vector<Cell> cells = {{0, 0, 4}};
  const auto step = [&](FactorModel& m) { rating_steps(cells, {3.5f, 0.01f, 0.1f, 0.3f}, m); };
  expect_gradient_step(objective, step, 0.01);
}

}  // namespace
}  // namespace akin
