// A fit on a split data set, watched on its validation part.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "akin/catalog/fit.h"
#include "akin/data/split_dataset.h"
#include "akin/experiment/fit_monitor.h"

namespace akin {

/// A model, and how its fit went.
struct WatchedFit {
  Fitted fitted;
  std::optional<FitHistory> history = {};  ///< of a fit that was watched
};

/// Fits the model to the training side, watched if the options ask for it. `context.observer` is not used.
/// Throws what ModelEntry::fit() and FitMonitor throw.
WatchedFit fit_watched(const ModelSpec& spec, const SplitDataset& data, const MonitorOptions& options,
                       FitContext context);

}  // namespace akin
