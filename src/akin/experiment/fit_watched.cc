#include "akin/experiment/fit_watched.h"

namespace akin {

WatchedFit fit_watched(const ModelSpec& spec, const SplitDataset& data, const MonitorOptions& options,
                       FitContext context) {
  if (!needs_monitor(options)) return {fit_model(spec, data.training_data(), context)};
  const std::vector<Event> known = data.known_for_validation();
  FitMonitor monitor({.model = std::string(spec.name()),
                      .traits = spec.traits(),
                      .params = spec.all_params(),
                      .data = {data.dataset, known},
                      .each_event = data.split.holdout == Holdout::kSessions},
                     data.validation, options, context);
  context.observer = &monitor;
  WatchedFit result{fit_model(spec, data.training_data(), context)};
  result.history = monitor.history();
  return result;
}

}  // namespace akin
