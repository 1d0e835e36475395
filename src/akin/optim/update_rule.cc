#include "akin/optim/update_rule.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

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
    {"sgd", {.rule = UpdateRule::kSgd, .learning_rate = 0.01f}, false, false},
    {"momentum", {.rule = UpdateRule::kMomentum, .learning_rate = 0.01f}, true, false},
    {"adagrad", {.rule = UpdateRule::kAdaGrad, .learning_rate = 0.01f}, false, true},
    {"rmsprop", {.rule = UpdateRule::kRmsProp, .learning_rate = 0.001f}, false, true},
    {"adam", {.rule = UpdateRule::kAdam, .learning_rate = 0.001f}, true, true},
    {"adadelta", {.rule = UpdateRule::kAdadelta, .learning_rate = 1.0f, .rho = 0.95f}, true, true},
}};

const Row& row(UpdateRule rule) { return kRules.at(static_cast<std::size_t>(rule)); }

void check_decay(const OptimizerOptions& options, std::string_view setting, float value) {
  if (!(value >= 0 && value < 1)) {
    fail(ErrorCode::kUsage, "{}: {} = {} must be at least 0 and less than 1", name_of(options.rule), setting,
         value);
  }
}

}  // namespace

OptimizerOptions optimizer_options(std::string_view name) {
  std::vector<std::string> names;
  std::string listed;
  for (const Row& rule : kRules) {
    if (rule.name == name) return rule.defaults;
    names.emplace_back(rule.name);
    listed += listed.empty() ? "" : ", ";
    listed += rule.name;
  }
  fail(ErrorCode::kUsage, "no optimizer is called '{}'{}; there are {}", name, did_you_mean(name, names),
       listed);
}

std::string_view name_of(UpdateRule rule) { return row(rule).name; }
bool has_first_moment(UpdateRule rule) { return row(rule).first_moment; }
bool has_second_moment(UpdateRule rule) { return row(rule).second_moment; }

void check(const OptimizerOptions& options) {
  if (!(options.learning_rate >= 0 && std::isfinite(options.learning_rate))) {
    fail(ErrorCode::kUsage, "{}: learning_rate = {} must be a number of at least 0", name_of(options.rule),
         options.learning_rate);
  }
  check_decay(options, "momentum", options.momentum);
  check_decay(options, "beta1", options.beta1);
  check_decay(options, "beta2", options.beta2);
  check_decay(options, "rho", options.rho);
  if (!(options.epsilon > 0 && std::isfinite(options.epsilon))) {
    fail(ErrorCode::kUsage, "{}: epsilon = {} must be more than 0; it keeps a step finite",
         name_of(options.rule), options.epsilon);
  }
}

ZeroGradientSteps zero_gradient_steps(const OptimizerOptions& options, std::uint64_t steps) {
  const auto n = static_cast<double>(steps);
  // mu + mu^2 + ... + mu^n
  const auto sum = [n](double mu) { return mu * (1 - std::pow(mu, n)) / (1 - mu); };
  const auto power = [n](float decay) {
    const double left = std::pow(static_cast<double>(decay), n);
    return left < 1e-30 ? 0.0f : static_cast<float>(left);  // no numbers that take long to multiply
  };
  ZeroGradientSteps c{.epsilon = options.epsilon};
  switch (options.rule) {
    case UpdateRule::kSgd:
    case UpdateRule::kAdaGrad:
      break;
    case UpdateRule::kMomentum:
      c.move = static_cast<float>(sum(static_cast<double>(options.momentum)));
      c.keep1 = power(options.momentum);
      break;
    case UpdateRule::kRmsProp:
      c.keep2 = power(options.rho);
      break;
    case UpdateRule::kAdam: {
      const double mu = static_cast<double>(options.beta1) / std::sqrt(static_cast<double>(options.beta2));
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
