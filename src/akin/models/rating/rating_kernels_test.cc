#include "akin/models/rating/rating_kernels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/rng.h"

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

void expect_same(const Matrix& got, const Matrix& expected) {
  for (std::size_t r = 0; r < got.rows(); ++r) {
    for (std::size_t c = 0; c < got.stride(); ++c)
      ASSERT_NEAR(got.row(r)[c], expected.row(r)[c], 1e-4) << "row " << r << " column " << c;
  }
}

void expect_same(const FactorModel& got, const FactorModel& expected) {
  expect_same(got.users, expected.users);
  expect_same(got.items, expected.items);
  for (std::size_t u = 0; u < got.user_bias.size(); ++u)
    EXPECT_NEAR(got.user_bias[u], expected.user_bias[u], 1e-4);
  for (std::size_t i = 0; i < got.item_bias.size(); ++i)
    EXPECT_NEAR(got.item_bias[i], expected.item_bias[i], 1e-4);
}

/// Every combination of the options that the kernel has a loop or a branch for.
std::vector<RatingStep> all_steps(std::span<const float> weights, std::span<const float> user_share,
                                  std::span<const float> item_share) {
  std::vector<RatingStep> steps;
  for (const bool biases : {true, false}) {
    RatingStep step{.mean = biases ? 3.5f : 0,
                    .learning_rate = 0.02f,
                    .user_regularization = 0.1f,
                    .item_regularization = 0.2f,
                    .bias_regularization = 0.3f,
                    .biases = biases};
    steps.push_back(step);
    step.l1 = 0.4f;
    steps.push_back(step);
    step.weights = weights;
    steps.push_back(step);
    step.user_share = user_share;
    step.item_share = item_share;
    steps.push_back(step);
  }
  return steps;
}

constexpr std::size_t kFactors[] = {1, 3, 8, 16, 17, 31, 32, 40, 64, 67, 131};

TEST(RatingKernels, StepsMatchReference) {
  const std::vector<float> user_share = {1, 0.5f, 0.25f, 0.1f, 2},
                           item_share = {1, 0.3f, 0.2f, 1, 1, 0.7f, 3};
  for (const std::size_t factors : kFactors) {
    for (const std::size_t n : {0, 1, 2, 7, 53}) {
      std::vector<Cell> cells;
      std::vector<float> weights;
      Rng rng(4);
      for (std::size_t k = 0; k < n; ++k) {
        cells.push_back({static_cast<idx_t>(rng.below(5)), static_cast<idx_t>(rng.below(7)),
                         static_cast<float>(rng.normal())});
        weights.push_back(0.5f + rng.uniform_float());
      }
      const auto steps = all_steps(weights, user_share, item_share);
      for (std::size_t s = 0; s < steps.size(); ++s) {
        SCOPED_TRACE(::testing::Message() << factors << " factors, " << n << " cells, options " << s);
        FactorModel fast = random_model(5, 7, factors), slow = copy(fast);
        const double loss = rating_steps(cells, steps[s], fast);
        EXPECT_NEAR(loss, reference::rating_steps(cells, steps[s], slow), 1e-4 * (1 + loss));
        expect_same(fast, slow);
      }
    }
  }
}

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += double{a[c]} * b[c];
  return sum;
}

/// The parameters of user 0 and item 0, one after the other.
std::vector<float*> parameters(FactorModel& model, bool biases) {
  std::vector<float*> all;
  if (biases) all = {&model.user_bias[0], &model.item_bias[0]};
  for (float& value : model.users[0]) all.push_back(&value);
  for (float& value : model.items[0]) all.push_back(&value);
  return all;
}

TEST(RatingKernels, StepIsAGradientStep) {
  const std::vector<float> weights = {0.7f}, user_share = {0.5f}, item_share = {0.25f};
  for (const RatingStep& step : all_steps(weights, user_share, item_share)) {
    SCOPED_TRACE(::testing::Message() << "biases " << step.biases << ", l1 " << step.l1 << ", weights "
                                      << step.weights.size() << ", shares " << step.user_share.size());
    const double w = step.weights.empty() ? 1 : 0.7, su = step.user_share.empty() ? 1 : 0.5,
                 si = step.item_share.empty() ? 1 : 0.25;
    // No entry is so near to 0 that the proximal step would stop there: it is a gradient step as well.
    const auto objective = [&](const FactorModel& m) {
      const auto p = m.users[0], q = m.items[0];
      const double biases = step.biases ? step.mean + m.user_bias[0] + m.item_bias[0] : 0;
      double sum = w / 2 * std::pow(4 - biases - product(p, q), 2);
      sum += su / 2 * step.user_regularization * product(p, p) +
             si / 2 * step.item_regularization * product(q, q);
      for (std::size_t c = 0; c < p.size(); ++c) sum += step.l1 * (su * std::abs(p[c]) + si * std::abs(q[c]));
      if (step.biases)
        sum += step.bias_regularization / 2 *
               (su * std::pow(m.user_bias[0], 2) + si * std::pow(m.item_bias[0], 2));
      return sum;
    };
    FactorModel model = random_model(1, 1, 5);
    FactorModel moved = copy(model);
    RatingStep small = step;
    small.learning_rate = 0.001f;
    const std::vector<Cell> cells = {{0, 0, 4}};
    rating_steps(cells, small, moved);
    const auto before = parameters(model, step.biases), after = parameters(moved, step.biases);
    for (std::size_t k = 0; k < before.size(); ++k) {
      const float value = *before[k];
      ASSERT_GT(std::abs(value), 0.011f);
      constexpr float kStep = 1e-2f;
      *before[k] = value + kStep;
      const double high = objective(model), high_at = *before[k];
      *before[k] = value - kStep;
      const double low = objective(model), low_at = *before[k];
      *before[k] = value;
      const double slope = (high - low) / (high_at - low_at);
      EXPECT_NEAR((double{*after[k]} - value) / -0.001, slope, 5e-3 * (1 + std::abs(slope)))
          << "parameter " << k;
    }
  }
}

TEST(RatingKernels, ProximalStepsEndAtZero) {
  FactorModel model = random_model(1, 1, 19);
  const std::vector<Cell> cells(200, {0, 0, 0});
  rating_steps(cells, {.learning_rate = 0.05f, .biases = false, .l1 = 1}, model);
  for (const float value : model.users[0]) EXPECT_EQ(value, 0);
  for (const float value : model.items[0]) EXPECT_EQ(value, 0);
}

TEST(RatingKernels, WithoutBiasesTheyStayAsTheyAre) {
  FactorModel model = random_model(2, 2, 5), before = copy(model);
  const std::vector<Cell> cells = {{0, 1, 4}, {1, 0, 2}};
  rating_steps(cells, {.mean = 100, .learning_rate = 0.05f, .biases = false}, model);
  EXPECT_EQ(model.user_bias, before.user_bias);
  EXPECT_EQ(model.item_bias, before.item_bias);
  EXPECT_NE(model.users[0][0], before.users[0][0]);
}

}  // namespace
}  // namespace akin
