// How a net learns: its optimizer, loss and metrics.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/nn/loss.h"
#include "akin/optim/update_rule.h"

namespace akin::nn {

/// An optimizer's settings: those of its update rule, and what only nets have. See make_optimizer().
struct OptimizerSpec : OptimizerOptions {
  /// Takes all samples at once, and several evaluations of them a step (Liu & Nocedal 1989), in place of
  /// steps by `rule`.
  bool lbfgs = false;
  double decay = 0;       ///< the rate of step t (from 0) is learning_rate / (1 + decay t)
  bool nesterov = false;  ///< momentum: look ahead (Nesterov 1983)
  /// Weights of two dimensions and more, but for tables of embeddings, shrink by this times the rate in each step, apart
  /// from what the rule does (Loshchilov & Hutter 2019); 0 = never.
  double weight_decay = 0;
  double clip_norm = 0;  ///< gradients longer than this, all weights together, are shortened to it; 0 = never
  /// Of an embedding only the rows of the batch, and what the optimizer keeps of them, change in a step; else
  /// all do, as in Keras: momentum and means of squares decay everywhere, and rows without a gradient move on.
  bool lazy = false;
};

/// The optimizer `name`, one of optimizer_names() or lbfgs, with its defaults: those of Keras 2.0.8
/// (optim/update_rule.h). Throws Error(kUsage) with the nearest names.
OptimizerSpec make_optimizer(std::string_view name);
std::string_view name_of(const OptimizerSpec& optimizer);

/// kAccuracy counts, as the loss and the output say, right classes or values on the right side of 0.5.
enum class Metric { kAccuracy, kMse, kMae };
Metric parse_metric(std::string_view name);
std::string_view to_string(Metric metric);

struct CompileOptions {
  OptimizerSpec optimizer = make_optimizer("rmsprop");
  Loss loss = Loss::kMse;
  std::vector<Metric> metrics = {};
  LossParameters loss_parameters = {};
};

/// The same, with sgd that has momentum as rule momentum. Throws Error(kUsage) if a number is out of its range.
CompileOptions checked(CompileOptions options);

/// Sets what the text says: keys optimizer, learning_rate, decay, momentum, rho, beta1, beta2, epsilon,
/// nesterov, lazy, clip_norm, weight_decay, loss, loss_margin, loss_beta, loss_regularization, metrics (names with commas
/// between). The optimizer's defaults come first, whatever the order. Throws Error(kUsage) on other keys or values; `others` are keys that the caller takes
/// itself, for the message.
CompileOptions parse_compile(const std::map<std::string, std::string>& values,
                             std::span<const std::string_view> others = {});
/// The reverse.
std::map<std::string, std::string> compile_values(const CompileOptions& options);

}  // namespace akin::nn
