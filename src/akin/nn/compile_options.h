// How a net learns: its optimizer, loss and metrics.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/nn/loss.h"

namespace akin::nn {

/// kLbfgs takes all samples at once, and several evaluations of them a step (Liu & Nocedal 1989).
enum class OptimizerKind { kSgd, kAdagrad, kRmsprop, kAdadelta, kAdam, kLbfgs };

/// An optimizer's settings. Defaults are those of Keras 2.0.8: see make_optimizer().
struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::kRmsprop;
  double learning_rate = 0.001;
  double decay = 0;      ///< the rate of step t (from 0) is learning_rate / (1 + decay t)
  double momentum = 0;   ///< sgd
  double rho = 0.9;      ///< rmsprop, adadelta: of the moving mean of squares
  double beta1 = 0.9;    ///< adam
  double beta2 = 0.999;  ///< adam
  double epsilon = 1e-8;
  bool nesterov = false;  ///< sgd: look ahead (Nesterov 1983)
  double clip_norm = 0;  ///< gradients longer than this, all weights together, are shortened to it; 0 = never
  /// Of an embedding only the rows of the batch, and their slots, are touched; else all in each step, as
  /// Keras does, which lets momentum and sums of squares decay everywhere
  /// and moves rows without a gradient too.
  bool lazy = true;
};

/// The optimizer `name` (sgd, momentum, adagrad, rmsprop, adadelta, adam, lbfgs) with its defaults; momentum
/// is sgd with momentum 0.9. Throws Error(kUsage) with the nearest names.
OptimizerSpec make_optimizer(std::string_view name);
std::string_view to_string(OptimizerKind kind);

/// kAccuracy counts, as the loss and the output say, right classes or values on the right side of 0.5.
enum class Metric { kAccuracy, kMse, kMae };
Metric parse_metric(std::string_view name);
std::string_view to_string(Metric metric);

struct CompileOptions {
  OptimizerSpec optimizer = {};
  Loss loss = Loss::kMse;
  std::vector<Metric> metrics = {};
  LossParameters loss_parameters = {};
};

/// Sets what the text says: keys optimizer, learning_rate, decay, momentum, rho, beta1, beta2, epsilon,
/// nesterov, lazy, clip_norm, loss, loss_margin, loss_beta, loss_regularization, metrics (names with commas
/// between). The optimizer's defaults come first, whatever the order. Throws Error(kUsage) on other keys or values; `others` are keys that the caller takes
/// itself, for the message.
CompileOptions parse_compile(const std::map<std::string, std::string>& values,
                             std::span<const std::string_view> others = {});
/// The reverse.
std::map<std::string, std::string> compile_values(const CompileOptions& options);

}  // namespace akin::nn
