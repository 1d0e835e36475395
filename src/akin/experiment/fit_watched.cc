#include "akin/experiment/fit_watched.h"

#include <fmt/format.h>

#include "akin/base/hash.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

std::string hash_of_items(const FitContext& context) {
  if (context.start == nullptr || context.start->items == nullptr) return "";
  const PretrainedItems& items = *context.start->items;
  std::uint64_t hash = hash_bytes(items.given.data(), items.given.size());
  for (std::size_t i = 0; i < items.vectors.rows(); ++i)
    hash = hash_bytes(items.vectors.row(i), items.vectors.cols() * sizeof(float), hash);
  return fmt::format("{:016x}", hash);
}

}  // namespace

WatchedFit fit_watched(const ModelSpec& spec, const SplitDataset& data, const MonitorOptions& options,
                       FitContext context) {
  if (!needs_monitor(options)) return {fit_model(spec, data.training_data(), context)};
  const std::vector<Event> known = data.known_for_validation();
  FitMonitor monitor({.model = std::string(spec.name()),
                      .traits = spec.traits(),
                      .params = spec.all_params(),
                      .data = {data.dataset, known, data.dataset.user_bounds},
                      .each_event = data.split.holdout == Holdout::kSessions,
                      .item_vectors = hash_of_items(context)},
                     data.validation, options, context);
  context.observer = &monitor;
  WatchedFit result{fit_model(spec, data.training_data(), context)};
  result.history = monitor.history();
  return result;
}

}  // namespace akin
