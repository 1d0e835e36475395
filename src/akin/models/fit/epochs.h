// The loop of every iterative fit.
#pragma once

#include <functional>
#include <limits>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// How a fit goes in epochs over its data.
struct Epochs {
  int total = 0;
  /// What an epoch is called in progress reports, such as "epoch"; "" = no reports.
  std::string_view phase = {};
  std::string_view unit = {};  ///< the plural
  /// Does epoch number `epoch`, counted from 0, and returns its loss, NaN = not known. What it does may
  /// depend on data, parameters, seed, `epoch` and the state only, so that a fit can continue from any stored
  /// state. Throws if training diverges.
  std::function<double(int epoch)> run;
  Snapshot snapshot;  ///< called only where there is an observer
  /// Of a fit that several ranks divide: brings the whole state to all of them. Called before anyone looks at it.
  std::function<void()> gather = {};
};

/// Runs the epochs with the context's observer, if any: from where it begins, until it has enough. Afterwards
/// `state` is the one to make the model from. Throws Error(kCancelled), and whatever `epochs.run` throws.
void run_epochs(const Epochs& epochs, FitState state, const FitContext& context);

/// Throws Error(kBadData) naming `model`: its loss or a vector is not finite after epoch number `epoch`,
/// counted from 0.
[[noreturn]] void fail_diverged(std::string_view model, int epoch, float learning_rate);

}  // namespace akin
