// The loop of every iterative fit.
#pragma once

#include <functional>
#include <limits>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// How a fit goes in passes over its data.
struct Passes {
  int total = 0;
  /// What a pass is called in progress reports, such as "epoch"; "" = no reports.
  std::string_view phase = {};
  std::string_view unit = {};  ///< the plural
  /// Does pass number `pass`, counted from 0, and returns its loss, NaN = not known. What it does may depend
  /// on data, parameters, seed, `pass` and the state only, so that a fit can go on from any stored state.
  /// Throws if training diverges.
  std::function<double(int pass)> run;
  Snapshot snapshot;  ///< called only where there is an observer
};

/// Runs the passes with the context's observer, if any: from where it begins, until it has enough. Afterwards
/// `state` is the one to make the model from. Throws Error(kCancelled), and whatever `passes.run` throws.
void run_passes(const Passes& passes, FitState state, const FitContext& context);

/// Throws Error(kBadData) naming `model`: its loss or a vector is not finite after pass number `epoch`,
/// counted from 0.
[[noreturn]] void fail_diverged(std::string_view model, int epoch, float learning_rate);

}  // namespace akin
