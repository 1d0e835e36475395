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

constexpr std::string_view kLbfgs = "lbfgs";
constexpr std::array<std::string_view, 3> kMetrics = {"accuracy", "mse", "mae"};

/// A number of an optimizer or of a loss, and its range.
template <typename Owner>
struct NumberOf {
  OptimizerNumber range;
  double Owner::*member;
};
using Number = NumberOf<OptimizerSpec>;
using LossNumber = NumberOf<LossParameters>;
constexpr std::array<LossNumber, 3> kLossNumbers = {{
    {{"loss_margin", nullptr, 0, 1e6}, &LossParameters::margin},
    {{"loss_beta", nullptr, 0, 1e6}, &LossParameters::beta},
    {{"loss_regularization", nullptr, 0, 1e6}, &LossParameters::regularization},
}};

const std::vector<Number>& numbers() {
  static const std::vector<Number> kNumbers = [] {
    std::vector<Number> all;
    for (const OptimizerNumber& number : optimizer_numbers()) all.push_back({number, number.member});
    // A rate of 0 learns nothing: in a net's file it is a mistake.
    std::ranges::find(all, "learning_rate", [](const Number& n) { return n.range.name; })->range.min = 1e-12;
    all.push_back({{"decay", nullptr, 0, 1e6}, &OptimizerSpec::decay});
    all.push_back({{"clip_norm", nullptr, 0, 1e12}, &OptimizerSpec::clip_norm});
    all.push_back({{"weight_decay", nullptr, 0, 1}, &OptimizerSpec::weight_decay});
    return all;
  }();
  return kNumbers;
}

[[noreturn]] void fail_number(const OptimizerNumber& range, std::string_view text) {
  fail(ErrorCode::kUsage, "{} = '{}' is not a number from {} to {}", range.name, text, range.min, range.max);
}

double parse_number(const OptimizerNumber& range, const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !range.holds(value)) fail_number(range, text);
  return value;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys = {"optimizer", "loss", "metrics", "nesterov", "lazy"};
  for (const Number& number : numbers()) keys.emplace_back(number.range.name);
  for (const LossNumber& number : kLossNumbers) keys.emplace_back(number.range.name);
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
  if (name == kLbfgs) return {{.learning_rate = 1}, true};
  const std::vector<std::string_view>& rules = optimizer_names();
  if (std::ranges::find(rules, name) != rules.end()) return {optimizer_options(name)};
  std::vector<std::string> all(rules.begin(), rules.end());
  all.emplace_back(kLbfgs);
  fail(ErrorCode::kUsage, "unknown optimizer '{}'{}; there are {}", name, did_you_mean(name, all),
       fmt::join(all, ", "));
}

std::string_view name_of(const OptimizerSpec& optimizer) {
  return optimizer.lbfgs ? kLbfgs : name_of(optimizer.rule);
}

CompileOptions checked(CompileOptions options) {
  OptimizerSpec& optimizer = options.optimizer;
  for (const auto& [range, member] : numbers()) {
    if (!range.holds(optimizer.*member)) fail_number(range, fmt::format("{}", optimizer.*member));
  }
  if (optimizer.lbfgs && optimizer.weight_decay > 0)
    fail(ErrorCode::kUsage, "weight_decay is for optimizers that go by minibatches, not for lbfgs");
  if (optimizer.rule == UpdateRule::kSgd && optimizer.momentum > 0) optimizer.rule = UpdateRule::kMomentum;
  return options;
}

Metric parse_metric(std::string_view name) { return parse_name<Metric>(name, kMetrics, "metric"); }
std::string_view to_string(Metric metric) { return kMetrics[static_cast<std::size_t>(metric)]; }

CompileOptions parse_compile(const std::map<std::string, std::string>& values,
                             std::span<const std::string_view> others) {
  CompileOptions options;
  if (const auto found = values.find("optimizer"); found != values.end())
    options.optimizer = make_optimizer(found->second);
  for (const auto& [key, text] : values) {
    const auto number = std::ranges::find_if(
        numbers(), [&key = key](const Number& known) { return known.range.name == key; });
    const auto of_loss = std::ranges::find_if(
        kLossNumbers, [&key = key](const LossNumber& known) { return known.range.name == key; });
    if (number != numbers().end()) {
      options.optimizer.*(number->member) = parse_number(number->range, text);
    } else if (of_loss != kLossNumbers.end()) {
      options.loss_parameters.*(of_loss->member) = parse_number(of_loss->range, text);
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
  return checked(std::move(options));
}

std::map<std::string, std::string> compile_values(const CompileOptions& options) {
  std::map<std::string, std::string> values = {
      {"optimizer", std::string(name_of(options.optimizer))},
      {"loss", std::string(to_string(options.loss))},
      {"nesterov", options.optimizer.nesterov ? "true" : "false"},
      {"lazy", options.optimizer.lazy ? "true" : "false"},
  };
  for (const auto& [range, member] : numbers())
    values[std::string(range.name)] = fmt::format("{}", options.optimizer.*member);
  for (const auto& [range, member] : kLossNumbers)
    values[std::string(range.name)] = fmt::format("{}", options.loss_parameters.*member);
  std::vector<std::string_view> metrics;
  for (const Metric metric : options.metrics) metrics.push_back(to_string(metric));
  values["metrics"] = fmt::format("{}", fmt::join(metrics, ","));
  return values;
}

}  // namespace akin::nn
