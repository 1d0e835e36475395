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

TEST(SgdKernels, RankingStepsMatchReference) {
  for (const std::size_t factors : kFactors) {
    for (const std::size_t n : {0, 1, 2, 7, 53}) {
      SCOPED_TRACE(::testing::Message() << factors << " factors, " << n << " triples");
      std::vector<Triple> triples;
      Rng rng(5);
      for (std::size_t k = 0; k < n; ++k) {
        const auto positive = static_cast<idx_t>(rng.below(7));
        triples.push_back({static_cast<idx_t>(rng.below(5)), positive,
                           (positive + 1 + static_cast<idx_t>(rng.below(6))) % 7});
      }
      FactorModel fast = random_model(5, 7, factors), slow = copy(fast);
      const RankingStep step{0.05f, 0.1f};
      const double loss = ranking_steps(triples, step, fast);
      EXPECT_NEAR(loss, reference::ranking_steps(triples, step, slow), 1e-4 * (1 + loss));
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

TEST(SgdKernels, RankingStepIsAGradientStep) {
  const auto log_loss = [](const FactorModel& m) {
    const double x =
        m.item_bias[0] - m.item_bias[1] + product(m.users[0], m.items[0]) - product(m.users[0], m.items[1]);
    return std::log1p(std::exp(-x));
  };
  const auto objective = [&](const FactorModel& m) {
    double norm = std::pow(m.item_bias[0], 2) + std::pow(m.item_bias[1], 2) + product(m.users[0], m.users[0]);
    for (const std::size_t i : {0, 1}) norm += product(m.items[i], m.items[i]);
    return log_loss(m) + 0.1 / 2 * norm;
  };
  const std::vector<Triple> triples = {{0, 0, 1}};
  const auto step = [&](FactorModel& m) {
    const double expected = log_loss(m);
    EXPECT_NEAR(ranking_steps(triples, {0.01f, 0.1f}, m), expected, 1e-6);
  };
  expect_gradient_step(objective, step, 0.01);
}

TEST(SgdKernels, RankingLossSurvivesExtremesAndShowsNan) {
  FactorModel model = random_model(1, 2, 3);
  model.item_bias = {-500, 500};
  const std::vector<Triple> wrong(20, {0, 0, 1});
  EXPECT_NEAR(ranking_steps(wrong, {0, 0}, model), 20 * 80, 1);  // 80 is where the loss of a triple is cut
  const std::vector<Triple> right(20, {0, 1, 0});
  EXPECT_NEAR(ranking_steps(right, {0, 0}, model), 0, 1e-6);
  model.users[0][1] = std::nanf("");
  EXPECT_TRUE(std::isnan(ranking_steps(right, {0, 0}, model)));
}

}  // namespace
}  // namespace akin
