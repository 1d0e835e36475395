// The first-order update rules: their names, their settings, and the numbers that a step needs of both.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace akin {

enum class UpdateRule { kSgd, kMomentum, kAdaGrad, kRmsProp, kAdam, kAdadelta };

/// Settings of a rule, which reads only those that its recurrence (recurrences.h) names. The defaults of
/// optimizer_options() are those of Keras 2.0.8, whose optimizers have the same names:
///
///   rule       learning_rate  others
///   sgd        0.01           momentum 0 (with any other it is rule momentum)
///   momentum   0.01           momentum 0.9 (of Keras' examples)
///   adagrad    0.01           epsilon 1e-8
///   rmsprop    0.001          rho 0.9, epsilon 1e-8
///   adam       0.001          beta1 0.9, beta2 0.999, epsilon 1e-8
///   adadelta   1              rho 0.95, epsilon 1e-8
struct OptimizerOptions {
  UpdateRule rule = UpdateRule::kAdam;
  double learning_rate = 0.001;
  double momentum = 0.9;  ///< part of the last step that is taken again
  double beta1 = 0.9;     ///< decay of Adam's mean of gradients
  double beta2 = 0.999;   ///< decay of Adam's mean of squared gradients
  double rho = 0.9;       ///< decay of RMSProp's and Adadelta's means of squares
  double epsilon = 1e-8;  ///< keeps a step finite where there was no gradient yet
};

/// A number of OptimizerOptions with its range, bounds included.
struct OptimizerNumber {
  std::string_view name;
  double OptimizerOptions::*member;
  double min, max;
  /// In the precision of floats, which flags hold: the float nearest to a bound lies inside.
  bool holds(double value) const {
    const auto single = static_cast<float>(value);
    return single >= static_cast<float>(min) && single <= static_cast<float>(max);
  }
};
/// learning_rate 0 to 1e6, momentum, beta1, beta2 and rho 0 to 0.999999, epsilon 1e-30 to 1.
std::span<const OptimizerNumber> optimizer_numbers();

/// The names of all rules, in the order of UpdateRule.
const std::vector<std::string_view>& optimizer_names();
/// "sgd", "momentum", "adagrad", "rmsprop", "adam", "adadelta". Throws Error(kUsage) with the names that come
/// close to any other.
OptimizerOptions optimizer_options(std::string_view name);
/// optimizer_options(name_of(rule)).rule == rule
std::string_view name_of(UpdateRule rule);
/// Throws Error(kUsage) unless every setting lies in its range.
void check(const OptimizerOptions& options);

/// What a rule keeps of past gradients: the first moment is a mean of gradients or steps,
/// the second of squares.
bool has_first_moment(UpdateRule rule);
bool has_second_moment(UpdateRule rule);

/// The numbers of one step, in the precision T in which it is computed.
template <std::floating_point T>
struct StepConstants {
  T rate = 0;      ///< learning rate; Adam's with its bias correction
  T momentum = 0;  ///< a decay d comes with 1 - d, rounded to T
  T beta1 = 0, rest1 = 1;
  T beta2 = 0, rest2 = 1;
  T rho = 0, rest = 1;
  T epsilon = 0;
};

/// The constants of step `step` = 1, 2, ... Adam's rate is
///
///   learning_rate sqrt(1 - beta2^step) / (1 - beta1^step)
///
/// (Kingma & Ba 2015, end of section 2: the corrected means without a division per parameter), computed in
/// double precision.
template <std::floating_point T>
StepConstants<T> step_constants(const OptimizerOptions& options, std::uint64_t step) {
  double rate = options.learning_rate;
  if (options.rule == UpdateRule::kAdam) {
    const double n = static_cast<double>(step);
    rate *= std::sqrt(1 - std::pow(options.beta2, n)) / (1 - std::pow(options.beta1, n));
  }
  StepConstants<T> c;
  c.rate = static_cast<T>(rate);
  c.momentum = static_cast<T>(options.momentum);
  c.beta1 = static_cast<T>(options.beta1);
  c.beta2 = static_cast<T>(options.beta2);
  c.rho = static_cast<T>(options.rho);
  c.rest1 = static_cast<T>(1 - options.beta1);
  c.rest2 = static_cast<T>(1 - options.beta2);
  c.rest = static_cast<T>(1 - options.rho);
  c.epsilon = static_cast<T>(options.epsilon);
  return c;
}

/// What steps without a gradient do to a parameter.
struct ZeroGradientSteps {
  float move = 0;              ///< times the rate of the last step with a gradient
  float keep1 = 1, keep2 = 1;  ///< what is left of the moments
  float epsilon = 0;
};

/// The constants of `steps` >= 1 steps with g = 0 (recurrences.h) made in one:
///
///   momentum:  x <- x + move m,                            move = mu + mu^2 + ... + mu^steps  (no rate)
///   adam:      x <- x - rate move m / (sqrt(v) + epsilon), the same of mu = beta1 / sqrt(beta2)
///   then, of all rules:  m <- keep1 m,  v <- keep2 v
///
/// Adam's is exact but for epsilon, which does not shrink with v, and for changes of the rate while its
/// momentum lasts, some 10 steps. Throws Error(kUsage) if beta1 >= sqrt(beta2), whose momentum never ends.
ZeroGradientSteps zero_gradient_steps(const OptimizerOptions& options, std::uint64_t steps);

}  // namespace akin
