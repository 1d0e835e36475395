#include "akin/optim/update_rule.h"

#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <string>

#include "akin/base/error.h"

namespace akin {
namespace {

struct Row {
  std::string_view name;
  OptimizerOptions defaults;
  bool first_moment, second_moment;
};

/// In the order of UpdateRule.
constexpr std::array<Row, 6> kRules = {{
    {"sgd", {.rule = UpdateRule::kSgd, .learning_rate = 0.01, .momentum = 0}, false, false},
    {"momentum", {.rule = UpdateRule::kMomentum, .learning_rate = 0.01}, true, false},
    {"adagrad", {.rule = UpdateRule::kAdaGrad, .learning_rate = 0.01}, false, true},
    {"rmsprop", {.rule = UpdateRule::kRmsProp, .learning_rate = 0.001}, false, true},
    {"adam", {.rule = UpdateRule::kAdam, .learning_rate = 0.001}, true, true},
    {"adadelta", {.rule = UpdateRule::kAdadelta, .learning_rate = 1, .rho = 0.95}, true, true},
}};

const Row& row(UpdateRule rule) { return kRules.at(static_cast<std::size_t>(rule)); }

// Decays stay below 1, where a mean would never take anything in, in floats too.
constexpr std::array<OptimizerNumber, 6> kNumbers = {{
    {"learning_rate", &OptimizerOptions::learning_rate, 0, 1e6},
    {"momentum", &OptimizerOptions::momentum, 0, 0.999999},
    {"rho", &OptimizerOptions::rho, 0, 0.999999},
    {"beta1", &OptimizerOptions::beta1, 0, 0.999999},
    {"beta2", &OptimizerOptions::beta2, 0, 0.999999},
    {"epsilon", &OptimizerOptions::epsilon, 1e-30, 1},
}};

}  // namespace

std::span<const OptimizerNumber> optimizer_numbers() { return kNumbers; }

const std::vector<std::string_view>& optimizer_names() {
  static const std::vector<std::string_view> kNames = [] {
    std::vector<std::string_view> names;
    for (const Row& rule : kRules) names.push_back(rule.name);
    return names;
  }();
  return kNames;
}

OptimizerOptions optimizer_options(std::string_view name) {
  for (const Row& rule : kRules) {
    if (rule.name == name) return rule.defaults;
  }
  const std::vector<std::string> names(optimizer_names().begin(), optimizer_names().end());
  fail(ErrorCode::kUsage, "no optimizer is called '{}'{}; there are {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

std::string_view name_of(UpdateRule rule) { return row(rule).name; }
bool has_first_moment(UpdateRule rule) { return row(rule).first_moment; }
bool has_second_moment(UpdateRule rule) { return row(rule).second_moment; }

void check(const OptimizerOptions& options) {
  for (const OptimizerNumber& number : kNumbers) {
    const double value = options.*(number.member);
    if (!number.holds(value))
      fail(ErrorCode::kUsage, "{}: {} = {} must be from {} to {}", name_of(options.rule), number.name, value,
           number.min, number.max);
  }
}

ZeroGradientSteps zero_gradient_steps(const OptimizerOptions& options, std::uint64_t steps) {
  const auto n = static_cast<double>(steps);
  // mu + mu^2 + ... + mu^n
  const auto sum = [n](double mu) { return mu * (1 - std::pow(mu, n)) / (1 - mu); };
  const auto power = [n](double decay) {
    const double left = std::pow(decay, n);
    return left < 1e-30 ? 0.0f : static_cast<float>(left);  // no numbers that take long to multiply
  };
  ZeroGradientSteps c{.epsilon = static_cast<float>(options.epsilon)};
  switch (options.rule) {
    case UpdateRule::kSgd:
    case UpdateRule::kAdaGrad:
      break;
    case UpdateRule::kMomentum:
      c.move = static_cast<float>(sum(options.momentum));
      c.keep1 = power(options.momentum);
      break;
    case UpdateRule::kRmsProp:
      c.keep2 = power(options.rho);
      break;
    case UpdateRule::kAdam: {
      const double mu = options.beta1 / std::sqrt(options.beta2);
      if (!(mu < 1)) {
        fail(ErrorCode::kUsage, "adam: beta1 = {} must be below sqrt(beta2) = {} with dense row updates",
             options.beta1, std::sqrt(options.beta2));
      }
      c.move = static_cast<float>(sum(mu));
      c.keep1 = power(options.beta1);
      c.keep2 = power(options.beta2);
      break;
    }
    case UpdateRule::kAdadelta:
      c.keep1 = c.keep2 = power(options.rho);
      break;
  }
  return c;
}

}  // namespace akin
