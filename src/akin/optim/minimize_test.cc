#include "akin/optim/minimize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "akin/optim/objectives_test.h"

namespace akin {
namespace {

using namespace minimize_test;

class EveryMethod : public MethodTest {};
INSTANTIATE_TEST_SUITE_P(Minimize, EveryMethod, every_method(), test_name);

TEST_P(EveryMethod, HasItsName) { EXPECT_EQ(GetParam(), name_of(method())); }

TEST_P(EveryMethod, FollowsTheBananaValley) {
  Doubles x = {-1.2, 1};
  const MinimizeResult result = run(rosenbrock(), x);
  EXPECT_EQ(MinimizeStop::kConverged, result.stop);
  EXPECT_NEAR(1, x[0], 1e-8);
  EXPECT_NEAR(1, x[1], 1e-8);
  EXPECT_LE(result.iterations, 120);
  EXPECT_GE(result.evaluations, result.iterations);
  RecordProperty("iterations", result.iterations);
  RecordProperty("evaluations", result.evaluations);
}

TEST_P(EveryMethod, FollowsManyValleysAtOnce) {
  Doubles x(34);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 == 0 ? -1.2 - 0.1 * static_cast<double>(i) : 1;
  const MinimizeResult result = run(rosenbrock(), x);
  EXPECT_EQ(MinimizeStop::kConverged, result.stop);
  for (const double value : x) EXPECT_NEAR(1, value, 1e-8);
}

TEST_P(EveryMethod, FindsTheOneOptimumOfLogisticRegression) {
  const Logistic data(503, 13);
  Doubles x(13), best(13);
  const MinimizeResult result = run(data.objective(), x, 1e-10);
  EXPECT_EQ(MinimizeStop::kConverged, result.stop);
  EXPECT_LE(result.iterations, method() == MinimizeMethod::kNewton ? 10 : 60);
  minimize(data.objective(), best, {.method = MinimizeMethod::kNewton, .gradient_tolerance = 1e-13}, {});
  for (std::size_t j = 0; j < x.size(); ++j) EXPECT_NEAR(best[j], x[j], 1e-7);
  RecordProperty("iterations", result.iterations);
  RecordProperty("evaluations", result.evaluations);
}

TEST_P(EveryMethod, SolvesAnIllConditionedBowl) {
  const Bowl bowl(31, 1e4);
  Doubles x(31);
  const MinimizeResult result = run(bowl.objective(), x, 1e-6);
  EXPECT_EQ(MinimizeStop::kConverged, result.stop);
  for (const double value : x) EXPECT_NEAR(1, value, 2e-6);
  if (method() == MinimizeMethod::kNewton) {
    EXPECT_EQ(1, result.iterations);
  }
  RecordProperty("iterations", result.iterations);
  RecordProperty("evaluations", result.evaluations);
}

TEST_P(EveryMethod, LeavesASaddle) {
  // x^4 / 4 - x^2 / 2 + y^2 curves down around x = 0; its minima are (-1, 0) and (1, 0)
  const Objective saddle{.value_and_gradient =
                             [](In x, Out g) {
                               g[0] = x[0] * x[0] * x[0] - x[0];
                               g[1] = 2 * x[1];
                               return std::pow(x[0], 4) / 4 - x[0] * x[0] / 2 + x[1] * x[1];
                             },
                         .hessian =
                             [](In x, Out h) {
                               h[0] = 3 * x[0] * x[0] - 1;
                               h[3] = 2;
                             }};
  Doubles x = {0.01, 1};
  const MinimizeResult result = run(saddle, x);
  EXPECT_EQ(MinimizeStop::kConverged, result.stop);
  EXPECT_NEAR(-0.25, result.value, 1e-12);
  EXPECT_NEAR(1, std::abs(x[0]), 1e-8);
}

TEST_P(EveryMethod, StaysInsideTheDomain) {
  // x - log x, lowest at 1, NaN at and below 0, where the first steps from 3 would land
  const Objective barrier{.value_and_gradient =
                              [](In x, Out g) {
                                g[0] = 100 * (1 - 1 / x[0]);
                                return x[0] > 0 ? 100 * (x[0] - std::log(x[0])) : std::nan("");
                              },
                          .hessian = [](In x, Out h) { h[0] = 100 / (x[0] * x[0]); }};
  Doubles x = {3};
  EXPECT_EQ(MinimizeStop::kConverged, run(barrier, x).stop);
  EXPECT_NEAR(1, x[0], 1e-8);
}

TEST_P(EveryMethod, NeedsNoStepAtTheBottom) {
  Doubles x = {1, 1};
  const MinimizeResult result = run(rosenbrock(), x);
  EXPECT_EQ(0, result.iterations);
  EXPECT_EQ(1, result.evaluations);
  EXPECT_EQ((Doubles{1, 1}), x);
}

TEST_P(EveryMethod, StopsAfterTheIterationsItIsGiven) {
  Doubles x = {-1.2, 1};
  int reports = 0;
  Context context;
  context.on_progress = [&](const Progress& progress) {
    EXPECT_EQ(++reports, static_cast<int>(progress.done));
    EXPECT_TRUE(std::isfinite(progress.loss));
  };
  const MinimizeResult result =
      minimize(rosenbrock(), x, {.method = method(), .max_iterations = 3, .gradient_tolerance = 0}, context);
  EXPECT_EQ(MinimizeStop::kIterations, result.stop);
  EXPECT_EQ(3, result.iterations);
  EXPECT_EQ(3, reports);
  EXPECT_LT(result.value, 24.2);  // f(-1.2, 1)
  Doubles g(2);
  EXPECT_EQ(rosenbrock().value_and_gradient(x, g), result.value);
}

TEST_P(EveryMethod, GivesTheSameBitsAgain) {
  const Logistic data(101, 7);
  Doubles a(7), b(7);
  run(data.objective(), a, 1e-6);
  run(data.objective(), b, 1e-6);
  EXPECT_EQ(a, b);
}

TEST_P(EveryMethod, EndsWhereDoublesHaveNoMoreDigits) {
  const Logistic data(101, 7);
  Doubles x(7);
  const MinimizeResult result = run(data.objective(), x, 0);
  EXPECT_LT(result.gradient_norm, 1e-12);
}

TEST(Minimize, HessianFreeMakesDoWithGradients) {
  const Logistic data(211, 11);
  Objective gradients = data.objective();
  gradients.hessian_vector = nullptr;
  Doubles a(11), b(11);
  const MinimizeOptions options{.method = MinimizeMethod::kHessianFree, .gradient_tolerance = 1e-9};
  const MinimizeResult with = minimize(data.objective(), a, options, {});
  const MinimizeResult without = minimize(gradients, b, options, {});
  EXPECT_EQ(MinimizeStop::kConverged, without.stop);
  EXPECT_GT(with.products, 0);
  EXPECT_EQ(0, without.products);
  EXPECT_GT(without.evaluations, with.evaluations);
  for (std::size_t j = 0; j < a.size(); ++j) EXPECT_NEAR(a[j], b[j], 1e-6);
}

}  // namespace
}  // namespace akin
