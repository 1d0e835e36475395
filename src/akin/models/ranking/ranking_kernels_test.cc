#include "akin/models/ranking/ranking_kernels.h"

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

/// `size` positives of 5 users and 11 items; rows repeat within a group, and some negatives are missing.
RankingBatch random_batch(std::size_t size, std::size_t negatives) {
  RankingBatch batch{negatives, {}, {}};
  Rng rng(4);
  for (std::size_t k = 0; k < size; ++k) {
    batch.users.push_back(static_cast<idx_t>(rng.below(5)));
    for (std::size_t t = 0; t <= negatives; ++t) batch.items.push_back(static_cast<idx_t>(rng.below(11)));
  }
  return batch;
}

void expect_same(const Matrix& got, const Matrix& expected, const char* what) {
  for (std::size_t r = 0; r < got.rows(); ++r) {
    for (std::size_t c = 0; c < got.stride(); ++c)
      ASSERT_NEAR(got.row(r)[c], expected.row(r)[c], 1e-4) << what << " " << r << " column " << c;
  }
}

void expect_same(const FactorModel& got, const FactorModel& expected) {
  expect_same(got.users, expected.users, "user");
  expect_same(got.items, expected.items, "item");
  for (std::size_t u = 0; u < got.user_bias.size(); ++u)
    EXPECT_NEAR(got.user_bias[u], expected.user_bias[u], 1e-4) << "user " << u;
  for (std::size_t i = 0; i < got.item_bias.size(); ++i)
    EXPECT_NEAR(got.item_bias[i], expected.item_bias[i], 1e-4) << "item " << i;
}

constexpr std::size_t kFactors[] = {1, 3, 16, 17, 31, 64, 67, 131};
constexpr std::size_t kNegatives[] = {1, 2, 3, 5, 7, 8, 9, 11, 19};

TEST(RankingKernels, PairwiseStepsMatchReference) {
  for (const std::size_t factors : kFactors) {
    for (const std::size_t negatives : kNegatives) {
      for (const std::size_t n : {0, 1, 2, 7, 17, 29}) {
        SCOPED_TRACE(::testing::Message() << factors << " factors, " << negatives << " x " << n);
        const RankingBatch batch = random_batch(n, negatives);
        FactorModel fast = random_model(5, 11, factors), slow = copy(fast);
        const RankingStep step{0.02f, 0.1f, 0.2f, 0.3f};
        const double loss = pairwise_steps(batch, step, fast);
        EXPECT_NEAR(loss, reference::pairwise_steps(batch, step, slow), 1e-4 * (1 + loss));
        expect_same(fast, slow);
      }
    }
  }
}

TEST(RankingKernels, LogisticStepsMatchReference) {
  for (const std::size_t factors : kFactors) {
    for (const std::size_t negatives : kNegatives) {
      for (const std::size_t n : {0, 1, 2, 7, 17}) {
        SCOPED_TRACE(::testing::Message() << factors << " factors, " << negatives << " x " << n);
        const RankingBatch batch = random_batch(n, negatives);
        FactorModel fast = random_model(5, 11, factors), slow = copy(fast);
        const LogisticStep step{0.01f, 0.05f, -0.7f};
        const double loss = logistic_steps(batch, step, fast);
        EXPECT_NEAR(loss, reference::logistic_steps(batch, step, slow), 1e-4 * (1 + loss));
        // The reference takes the penalties of one item after the other: equal to first order.
        expect_same(fast, slow);
      }
    }
  }
}

TEST(RankingKernels, WeightedPairStepMatchesReference) {
  for (const std::size_t factors : kFactors) {
    FactorModel fast = random_model(5, 11, factors), slow = copy(fast);
    const RankingStep step{0.05f, 0.1f, 0.2f, 0.3f};
    for (const Triple triple : {Triple{1, 2, 3}, Triple{4, 10, 0}}) {
      weighted_pair_step(triple, 0.7f, step, fast);
      reference::weighted_pair_step(triple, 0.7f, step, slow);
    }
    expect_same(fast, slow);
  }
}

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t c = 0; c < a.size(); ++c) sum += double{a[c]} * b[c];
  return sum;
}

TEST(RankingKernels, ProductsAreDotProducts) {
  for (const std::size_t factors : kFactors) {
    const FactorModel model = random_model(5, 11, factors);
    for (std::size_t n = 1; n <= kRankingRows; ++n) {
      std::vector<const float*> rows;
      for (std::size_t t = 0; t < n; ++t) rows.push_back(model.items.row(t * 7 % 11));
      std::vector<float> out(n + 1, -5.0f);
      products(model.users.row(3), rows, model.users.stride(), out.data());
      for (std::size_t t = 0; t < n; ++t)
        EXPECT_NEAR(out[t], product(model.users[3], model.items[t * 7 % 11]), 1e-4) << t << " of " << n;
      EXPECT_EQ(out[n], -5.0f) << "beyond the rows";
    }
  }
}

/// The parameters of user 0 and items 0 to 2, one after the other.
std::vector<float*> parameters(FactorModel& model) {
  std::vector<float*> all = {&model.user_bias[0], &model.item_bias[0], &model.item_bias[1],
                             &model.item_bias[2]};
  for (float& value : model.users[0]) all.push_back(&value);
  for (const std::size_t i : {0, 1, 2}) {
    for (float& value : model.items[i]) all.push_back(&value);
  }
  return all;
}

/// Checks that `step` moved each parameter by -rate times the derivative of `objective`,
/// taken by central differences.
template <typename Objective, typename Step>
void expect_gradient_step(const Objective& objective, const Step& step, double rate) {
  FactorModel model = random_model(1, 3, 5);
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

double squares(const FactorModel& m, std::size_t item) {
  return product(m.items[item], m.items[item]) + std::pow(m.item_bias[item], 2);
}

double score(const FactorModel& m, std::size_t item) {
  return m.item_bias[item] + product(m.users[0], m.items[item]);
}

TEST(RankingKernels, PairwiseStepIsAGradientStep) {
  const auto log_loss = [](const FactorModel& m) {
    return std::log1p(std::exp(score(m, 1) - score(m, 0))) + std::log1p(std::exp(score(m, 2) - score(m, 0)));
  };
  const auto objective = [&](const FactorModel& m) {
    return log_loss(m) + 2 * 0.1 / 2 * product(m.users[0], m.users[0]) + 2 * 0.2 / 2 * squares(m, 0) +
           0.3 / 2 * (squares(m, 1) + squares(m, 2));
  };
  const RankingBatch batch{2, {0}, {0, 1, 2}};
  const auto step = [&](FactorModel& m) {
    const double expected = log_loss(m);
    EXPECT_NEAR(pairwise_steps(batch, {0.01f, 0.1f, 0.2f, 0.3f}, m), expected, 1e-5);
  };
  expect_gradient_step(objective, step, 0.01);
}

TEST(RankingKernels, LogisticStepIsAGradientStep) {
  const auto log_loss = [](const FactorModel& m) {
    const double base = -0.7 + m.user_bias[0];
    return std::log1p(std::exp(-(base + score(m, 0)))) + std::log1p(std::exp(base + score(m, 1))) +
           std::log1p(std::exp(base + score(m, 2)));
  };
  const auto objective = [&](const FactorModel& m) {
    const double user = product(m.users[0], m.users[0]) + std::pow(m.user_bias[0], 2);
    return log_loss(m) + 0.1 / 2 * (3 * user + squares(m, 0) + squares(m, 1) + squares(m, 2));
  };
  const RankingBatch batch{2, {0}, {0, 1, 2}};
  const auto step = [&](FactorModel& m) {
    const double expected = log_loss(m);
    EXPECT_NEAR(logistic_steps(batch, {0.01f, 0.1f, -0.7f}, m), expected, 1e-5);
  };
  expect_gradient_step(objective, step, 0.01);
}

TEST(RankingKernels, LossSurvivesExtremesAndShowsNan) {
  FactorModel model = random_model(1, 3, 3);
  model.item_bias = {-500, 500, 0};
  RankingBatch wrong{1, {}, {}}, right{1, {}, {}};
  for (int k = 0; k < 20; ++k) {
    wrong.users.push_back(0);
    wrong.items.insert(wrong.items.end(), {0, 1});
    right.users.push_back(0);
    right.items.insert(right.items.end(), {1, 0});
  }
  EXPECT_NEAR(pairwise_steps(wrong, {0, 0, 0, 0}, model), 20 * 80, 1);  // 80 is where the loss is cut
  EXPECT_NEAR(pairwise_steps(right, {0, 0, 0, 0}, model), 0, 1e-6);
  EXPECT_NEAR(logistic_steps(wrong, {0, 0, 0}, model), 20 * 160, 1);
  model.users[0][1] = std::nanf("");
  EXPECT_TRUE(std::isnan(pairwise_steps(right, {0, 0, 0, 0}, model)));
  EXPECT_TRUE(std::isnan(logistic_steps(right, {0, 0, 0}, model)));
}

/// The exponential and the logarithm of the kernels: the loss and the step of one pair over the whole range.
TEST(RankingKernels, ProbabilitiesAreExactToSixDigits) {
  for (float x = -79; x < 80; x += 0.37f) {
    FactorModel model = random_model(1, 2, 3);
    for (float& value : model.users[0]) value = 0;
    model.item_bias = {x, 0};
    const double z = 1 / (1 + std::exp(static_cast<double>(x)));
    EXPECT_NEAR(pairwise_steps({1, {0}, {0, 1}}, {1, 0, 0, 0}, model), std::log1p(std::exp(-double{x})),
                1e-6 * (1 + std::abs(x)));
    EXPECT_NEAR(-model.item_bias[1], z, 1e-6 * z) << x;
  }
}

}  // namespace
}  // namespace akin
