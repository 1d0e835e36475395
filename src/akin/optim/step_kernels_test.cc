#include "akin/optim/step_kernels.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/optim/recurrences.h"

namespace akin {
namespace {

struct Tensors {
  std::vector<float> x, m, v;
  bool operator==(const Tensors&) const = default;
};

/// n parameters after `steps` steps along gradients of very different sizes.
Tensors stepped(StepKernel kernel, const OptimizerOptions& options, std::size_t n, std::uint64_t steps) {
  Tensors all{std::vector<float>(n), std::vector<float>(n), std::vector<float>(n)};
  Rng start(1, n);
  for (float& x : all.x) x = static_cast<float>(start.normal());
  std::vector<float> g(n);
  for (std::uint64_t t = 1; t <= steps; ++t) {
    Rng rng(2, t);
    for (float& gradient : g) gradient = static_cast<float>(rng.normal() * std::exp(4 * rng.normal()));
    kernel(step_constants<float>(options, t), all.x.data(), g.data(), all.m.data(), all.v.data(), n);
  }
  return all;
}

/// Largest difference, in units of the last place of the larger number of a pair or of `scale`.
double ulps(const std::vector<float>& a, const std::vector<float>& b, float scale) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float size = std::max({std::abs(a[i]), std::abs(b[i]), scale});
    const float ulp = std::nextafter(size, std::numeric_limits<float>::infinity()) - size;
    largest = std::max(largest, static_cast<double>(std::abs(a[i] - b[i]) / ulp));
  }
  return largest;
}

/// Makes Highway choose among these targets for as long as it lives.
class OnTarget {
 public:
  explicit OnTarget(std::int64_t targets) { choose_among(targets); }
  ~OnTarget() { choose_among(0); }  // 0 = what the processor has

 private:
  static void choose_among(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().DeInit();
  }
};

class EveryKernel : public testing::TestWithParam<const char*> {
 protected:
  OptimizerOptions options() const { return optimizer_options(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(StepKernels, EveryKernel,
                         testing::Values("sgd", "momentum", "adagrad", "rmsprop", "adam", "adadelta"),
                         [](const auto& name) { return std::string(name.param); });

TEST_P(EveryKernel, IsItsRecurrence) {
  const bool fused = std::string_view(instruction_set()).starts_with("AVX");  // has multiply-add
  for (const std::size_t n : {16U, 48U, 112U, 272U}) {
    const Tensors fast = stepped(step_kernel(options().rule), options(), n, 50);
    const Tensors plain = stepped(reference::step_kernel(options().rule), options(), n, 50);
    if (fused) {
      EXPECT_TRUE(fast == plain) << n;
    }
    EXPECT_LE(ulps(fast.x, plain.x, 1), 200) << n;
    EXPECT_LE(ulps(fast.v, plain.v, 1), 200) << n;
  }
}

TEST_P(EveryKernel, GivesTheSameBitsOnEveryTargetThatFuses) {
  const Tensors plain = stepped(reference::step_kernel(options().rule), options(), 112, 20);
  for (const std::int64_t target : {HWY_AVX2, HWY_AVX3}) {
    if ((hwy::SupportedTargets() & target) != 0) {
      const OnTarget on(target);
      EXPECT_TRUE(plain == stepped(step_kernel(options().rule), options(), 112, 20)) << target;
    }
  }
  const OnTarget on(HWY_EMU128 | HWY_SCALAR);
  EXPECT_LE(ulps(plain.x, stepped(step_kernel(options().rule), options(), 112, 20).x, 1), 200);
}

TEST_P(EveryKernel, LeavesZerosZero) {
  std::array<float, kStepFloats> x{}, g{}, m{}, v{};
  const std::array<float, kStepFloats> zeros{};
  for (std::uint64_t t = 1; t < 5; ++t)
    step_kernel(options().rule)(step_constants<float>(options(), t), x.data(), g.data(), m.data(), v.data(),
                                kStepFloats);
  EXPECT_EQ(zeros, x);
  EXPECT_EQ(zeros, m);
  EXPECT_EQ(zeros, v);
}

TEST_P(EveryKernel, NeedsOnlyTheMomentsItsRuleHas) {
  std::array<float, kStepFloats> x{}, m{}, v{}, g;
  g.fill(1);
  step_kernel(options().rule)(step_constants<float>(options(), 1), x.data(), g.data(),
                              has_first_moment(options().rule) ? m.data() : nullptr,
                              has_second_moment(options().rule) ? v.data() : nullptr, kStepFloats);
  for (const float value : x) EXPECT_LT(value, 0);
}

TEST(Recurrences, GiveTheNumbersOfTheirEquations) {
  // x from 1 along five gradients with the default settings; computed once in Python from the formulas of
  // Keras 2.0.8, Adam's from algorithm 1 of its paper
  const std::array<double, 5> gradients = {0.5, -0.25, 1, -2, 0.125};
  const auto last = [&](const char* name) {
    const OptimizerOptions options = optimizer_options(name);
    reference::Slot<double> slot{1};
    for (std::uint64_t t = 1; t <= gradients.size(); ++t)
      reference::step(options.rule, step_constants<double>(options, t), gradients[t - 1], slot);
    return slot.x;
  };
  EXPECT_NEAR(1.00625, last("sgd"), 1e-8);
  EXPECT_NEAR(0.997772, last("momentum"), 1e-8);
  EXPECT_NEAR(0.993879108458, last("adagrad"), 1e-8);
  EXPECT_NEAR(0.998101538953, last("rmsprop"), 1e-8);
  EXPECT_NEAR(0.998482165486, last("adam"), 1e-8);
  EXPECT_NEAR(0.999963999000, last("adadelta"), 1e-8);
}

}  // namespace
}  // namespace akin
