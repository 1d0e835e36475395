#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "akin/base/error_for_test.h"
#include "akin/optim/minimize.h"
#include "akin/optim/objectives_test.h"

namespace akin {
namespace {

using namespace minimize_test;

class EveryMethodAtTheEdge : public MethodTest {};
INSTANTIATE_TEST_SUITE_P(Minimize, EveryMethodAtTheEdge, every_method(), test_name);

TEST_P(EveryMethodAtTheEdge, StopsOnRequestAtTheLastPoint) {
  std::stop_source source;
  Context context;
  context.stop = source.get_token();
  context.on_progress = [&](const Progress& progress) {
    if (progress.done == 2) source.request_stop();
  };
  Doubles x = {-1.2, 1}, two = x;
  try {
    minimize(rosenbrock(), x, {.method = method()}, context);
    FAIL() << "was not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(ErrorCode::kCancelled, error.code());
  }
  minimize(rosenbrock(), two, {.method = method(), .max_iterations = 2}, {});
  EXPECT_EQ(two, x);
}

TEST_P(EveryMethodAtTheEdge, NamesAStartThatIsNoNumber) {
  const Objective nowhere{.value_and_gradient = [](In, Out) { return std::nan(""); },
                          .hessian = [](In, Out) {}};
  Doubles x = {1};
  const std::string message = message_of(ErrorCode::kBadData, [&] { run(nowhere, x); });
  EXPECT_NE(std::string::npos, message.find("nan where the search begins")) << message;
}

TEST_P(EveryMethodAtTheEdge, NamesAGradientThatIsNoNumber) {
  const Objective wrong{.value_and_gradient =
                            [](In x, Out g) {
                              g[0] = x[0];
                              g[1] = std::nan("");
                              return 1.0;
                            },
                        .hessian = [](In, Out) {}};
  Doubles x = {1, 1};
  const std::string message = message_of(ErrorCode::kBadData, [&] { run(wrong, x); });
  EXPECT_NE(std::string::npos, message.find("entry 1 of the gradient is nan")) << message;
}

TEST_P(EveryMethodAtTheEdge, NamesAnObjectiveThatIsNoNumberAnywhereElse) {
  const Objective spike{.value_and_gradient =
                            [](In x, Out g) {
                              g[0] = 1;
                              return x[0] == 2 ? 1.0 : std::nan("");
                            },
                        .hessian = [](In, Out h) { h[0] = 1; },
                        .hessian_vector = [](In, In v, Out hv) { hv[0] = v[0]; }};
  Doubles x = {2};
  const std::string message = message_of(ErrorCode::kBadData, [&] { run(spike, x); });
  EXPECT_NE(std::string::npos, message.find("NaN at every point tried")) << message;
  EXPECT_EQ(Doubles{2}, x);
}

TEST_P(EveryMethodAtTheEdge, NamesAnObjectiveWithoutABottom) {
  const Objective log{.value_and_gradient =
                          [](In x, Out g) {
                            g[0] = 1;
                            return x[0] < -10 ? -std::numeric_limits<double>::infinity() : x[0];
                          },
                      .hessian = [](In, Out h) { h[0] = 0; }};
  Doubles x = {2};
  const std::string message = message_of(ErrorCode::kBadData, [&] { run(log, x); });
  EXPECT_NE(std::string::npos, message.find("falls to -infinity")) << message;
}

TEST(Minimize, SaysWhatAMethodNeeds) {
  const Objective plain{.value_and_gradient = [](In, Out) { return 0.0; }};
  Doubles x = {1};
  const auto message = [&](const Objective& objective, MinimizeOptions options) {
    return message_of(ErrorCode::kUsage, [&] { minimize(objective, x, options, {}); });
  };
  EXPECT_NE(std::string::npos, message(plain, {.method = MinimizeMethod::kNewton}).find("take hessian-free"));
  EXPECT_NE(std::string::npos, message({}, {}).find("no value_and_gradient"));
  EXPECT_NE(std::string::npos, message(plain, {.max_iterations = -1}).find("max_iterations"));
  const MinimizeOptions unclear{.gradient_tolerance = std::nan("")};
  EXPECT_NE(std::string::npos, message(plain, unclear).find("gradient_tolerance"));
}

TEST(Minimize, NamesAHessianThatIsNoNumber) {
  Objective wrong = rosenbrock();
  wrong.hessian = [](In, Out h) { h[0] = std::nan(""); };
  wrong.hessian_vector = [](In, In, Out hv) { hv[0] = std::nan(""); };
  Doubles x = {0, 0};
  EXPECT_NE(std::string::npos, message_of(ErrorCode::kBadData, [&] {
                                 minimize(wrong, x, {.method = MinimizeMethod::kNewton}, {});
                               }).find("Hessian is not finite"));
  EXPECT_NE(std::string::npos, message_of(ErrorCode::kBadData, [&] {
                                 minimize(wrong, x, {.method = MinimizeMethod::kHessianFree}, {});
                               }).find("product of second derivatives"));
}

TEST(Minimize, SaysWhatWasMeant) {
  const std::string message = message_of(ErrorCode::kUsage, [] { minimize_method("lbgfs"); });
  EXPECT_NE(std::string::npos, message.find("did you mean lbfgs")) << message;
  EXPECT_NE(std::string::npos, message.find("hessian-free")) << message;
}

}  // namespace
}  // namespace akin
