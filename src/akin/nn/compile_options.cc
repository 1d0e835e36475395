#include "akin/nn/compile_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "akin/base/error.h"
#include "akin/base/param.h"
#include "akin/base/synonyms.h"
#include "akin/base/text.h"
#include "akin/nn/parse_name.h"

namespace akin::nn {
namespace {

constexpr std::array<std::string_view, 6> kOptimizers = {"sgd",      "adagrad", "rmsprop",
                                                         "adadelta", "adam",    "lbfgs"};
constexpr std::array<std::string_view, 3> kMetrics = {"accuracy", "mse", "mae"};

/// The numbers of an optimizer or a loss as text and back, and their ranges.
template <typename Owner>
struct NumberOf {
  std::string_view name;
  double Owner::*member;
  double min;
  double max;
};
using Number = NumberOf<OptimizerSpec>;
using LossNumber = NumberOf<LossParameters>;
constexpr std::array<LossNumber, 3> kLossNumbers = {{
    {"loss_margin", &LossParameters::margin, 0, 1e6},
    {"loss_beta", &LossParameters::beta, 0, 1e6},
    {"loss_regularization", &LossParameters::regularization, 0, 1e6},
}};
constexpr std::array<Number, 8> kNumbers = {{
    {"learning_rate", &OptimizerSpec::learning_rate, 1e-12, 1e6},
    {"decay", &OptimizerSpec::decay, 0, 1e6},
    {"momentum", &OptimizerSpec::momentum, 0, 1},
    {"rho", &OptimizerSpec::rho, 0, 1},
    {"beta1", &OptimizerSpec::beta1, 0, 1},
    {"beta2", &OptimizerSpec::beta2, 0, 1},
    {"epsilon", &OptimizerSpec::epsilon, 0, 1},
    {"clip_norm", &OptimizerSpec::clip_norm, 0, 1e12},
}};

template <typename Owner>
double parse_number(const NumberOf<Owner>& number, const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // In the precision of floats, which flags hold: the float nearest to 1e-12 is below 1e-12.
  const auto single = static_cast<float>(value);
  const bool inside = single >= static_cast<float>(number.min) && single <= static_cast<float>(number.max);
  if (error != std::errc() || stop != end || !inside)
    fail(ErrorCode::kUsage, "{} = '{}' is not a number from {} to {}", number.name, text, number.min,
         number.max);
  return value;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys = {"optimizer", "loss", "metrics", "nesterov", "lazy"};
  for (const Number& number : kNumbers) keys.emplace_back(number.name);
  for (const LossNumber& number : kLossNumbers) keys.emplace_back(number.name);
  return keys;
}

[[noreturn]] void fail_unknown(const std::string& key, std::span<const std::string_view> others) {
  std::vector<std::string> keys(others.begin(), others.end());
  for (std::string& known : known_keys()) keys.push_back(std::move(known));
  std::string hint = did_you_mean_parameter(key, keys);
  if (key == "clipnorm")
    hint = " (did you mean clip_norm? It limits the norm of all gradients together, clipnorm that of each)";
  fail(ErrorCode::kUsage, "unknown setting '{}'{}; there are {}", key, hint, fmt::join(keys, ", "));
}

}  // namespace

OptimizerSpec make_optimizer(std::string_view name) {
  OptimizerSpec spec;
  const bool momentum = name == "momentum";
  if (!momentum && std::ranges::find(kOptimizers, name) == kOptimizers.end()) {
    std::vector<std::string> all(kOptimizers.begin(), kOptimizers.end());
    all.emplace_back("momentum");
    fail(ErrorCode::kUsage, "unknown optimizer '{}'{}; there are {}", name, did_you_mean(name, all),
         fmt::join(all, ", "));
  }
  spec.kind = momentum ? OptimizerKind::kSgd : parse_name<OptimizerKind>(name, kOptimizers, "optimizer");
  switch (spec.kind) {
    case OptimizerKind::kSgd:
      spec.learning_rate = 0.01;
      spec.momentum = momentum ? 0.9 : 0;
      break;
    case OptimizerKind::kAdagrad:
      spec.learning_rate = 0.01;
      break;
    case OptimizerKind::kAdadelta:
      spec.learning_rate = 1;
      spec.rho = 0.95;
      break;
    case OptimizerKind::kLbfgs:
      spec.learning_rate = 1;
      break;
    case OptimizerKind::kRmsprop:
    case OptimizerKind::kAdam:
      break;
  }
  return spec;
}

std::string_view to_string(OptimizerKind kind) { return kOptimizers[static_cast<std::size_t>(kind)]; }
Metric parse_metric(std::string_view name) { return parse_name<Metric>(name, kMetrics, "metric"); }
std::string_view to_string(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

CompileOptions parse_compile(const std::map<std::string, std::string>& values,
                             std::span<const std::string_view> others) {
  CompileOptions options;
  if (const auto found = values.find("optimizer"); found != values.end())
    options.optimizer = make_optimizer(found->second);
  for (const auto& [key, text] : values) {
    const auto number = std::ranges::find(kNumbers, key, &Number::name);
    const auto of_loss = std::ranges::find(kLossNumbers, key, &LossNumber::name);
    if (number != kNumbers.end()) {
      options.optimizer.*(number->member) = parse_number(*number, text);
    } else if (of_loss != kLossNumbers.end()) {
      options.loss_parameters.*(of_loss->member) = parse_number(*of_loss, text);
    } else if (key == "nesterov") {
      set_param({"nesterov", &options.optimizer.nesterov, ""}, text);
    } else if (key == "lazy") {
      set_param({"lazy", &options.optimizer.lazy, ""}, text);
    } else if (key == "loss") {
      options.loss = parse_loss(text);
    } else if (key == "metrics") {
      for (const std::string_view name : split(text, ','))
        options.metrics.push_back(parse_metric(trimmed(name)));
    } else if (key != "optimizer") {
      fail_unknown(key, others);
    }
  }
  return options;
}

std::map<std::string, std::string> compile_values(const CompileOptions& options) {
  std::map<std::string, std::string> values = {
      {"optimizer", std::string(to_string(options.optimizer.kind))},
      {"loss", std::string(to_string(options.loss))},
      {"nesterov", options.optimizer.nesterov ? "true" : "false"},
      {"lazy", options.optimizer.lazy ? "true" : "false"},
  };
  for (const Number& number : kNumbers)
    values[std::string(number.name)] = fmt::format("{}", options.optimizer.*(number.member));
  for (const LossNumber& number : kLossNumbers)
    values[std::string(number.name)] = fmt::format("{}", options.loss_parameters.*(number.member));
  std::vector<std::string_view> metrics;
  for (const Metric metric : options.metrics) metrics.push_back(to_string(metric));
  values["metrics"] = fmt::format("{}", fmt::join(metrics, ","));
  return values;
}

}  // namespace akin::nn
