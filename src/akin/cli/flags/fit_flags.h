// Early stopping, checkpoints and resuming as flags of train.
#pragma once

#include <string>

#include "akin/catalog/registry.h"
#include "akin/cli/command_line.h"
#include "akin/experiment/fit_monitor.h"

namespace akin::cli {

/// --patience, --metric, --eval-every, --stop-after, --checkpoint, --checkpoint-seconds, --resume.
class FitFlags {
 public:
  /// Adds the flags for a model that is fitted in epochs; for another,
  /// throws Error(kUsage) if `args` use them.
  void add_to(CommandLine& line, const ModelEntry& entry, const Args& args);
  /// What was asked for. Throws Error(kUsage) for an unknown metric, or flags that need others.
  MonitorOptions options(const CommandLine& line, const ModelEntry& entry) const;

 private:
  int patience_ = 0;
  int every_ = 1;
  int stop_after_ = 0;
  int checkpoint_seconds_ = 30;
  bool resume_ = false;
  std::string metric_;
  std::string checkpoint_;
};

}  // namespace akin::cli
