// Scoring a trained model on what was held out when it was trained.

#include "akin/base/error.h"
#include "akin/experiment/model_result.h"
#include "akin/store/bundle.h"

namespace akin {

ModelResult evaluate_bundle(const Bundle& bundle, EvaluateOptions options, const Context& context) {
  check_filled(bundle);
  if (bundle.test.empty()) {
    fail(ErrorCode::kBadData,
         "nothing was held out when {} was trained (holdout {}); train it again with another, such as last",
         bundle.entry->name, to_string(bundle.split));
  }
  options.each_event = bundle.split.holdout == Holdout::kSessions;
  ModelResult result{std::string(bundle.entry->name), bundle.params, bundle.fit_seconds, {}};
  result.evaluation =
      evaluate(*bundle.model, bundle.entry->traits, bundle.known_data(), bundle.test, options, context);
  return result;
}

Measured measure(const Bundle& bundle, const Context& context) {
  const Evaluation e = evaluate_bundle(bundle, {.seed = context.seed}, context).evaluation;
  Measured measured{.holdout = to_string(bundle.split),
                    .training_events = bundle.count(Subset::kTrain),
                    .protocol = e.protocol,
                    .users = e.users,
                    .lists = e.lists,
                    .test_events = e.test_events,
                    .repeated_events = e.repeated_events,
                    .duplicate_events = e.duplicate_events,
                    .cold_item_events = e.cold_item_events,
                    .cold_users = e.cold_users,
                    .fallback_users = e.fallback_users,
                    .mean_events = e.mean_events,
                    .cutoffs = e.cutoffs,
                    .figures = {}};
  for (const Metric& metric : e.metrics)
    measured.figures.push_back({metric.name, metric.value, metric.low, metric.high});
  return measured;
}

ModelResult measured_result(const Bundle& bundle) {
  check_filled(bundle);
  if (!bundle.measured)
    fail(ErrorCode::kBadData, "{} was not measured before it was fitted", bundle.entry->name);
  const Measured& m = *bundle.measured;
  ModelResult result{std::string(bundle.entry->name), bundle.params, bundle.fit_seconds, {}};
  result.evaluation = {.protocol = m.protocol,
                       .users = m.users,
                       .lists = m.lists,
                       .test_events = m.test_events,
                       .repeated_events = m.repeated_events,
                       .duplicate_events = m.duplicate_events,
                       .cold_item_events = m.cold_item_events,
                       .cold_users = m.cold_users,
                       .fallback_users = m.fallback_users,
                       .mean_events = m.mean_events,
                       .cutoffs = m.cutoffs,
                       .metrics = {},
                       .bins = {}};
  for (const Measured::Figure& figure : m.figures)
    result.evaluation.metrics.push_back(
        {.name = figure.name, .value = figure.value, .low = figure.low, .high = figure.high});
  return result;
}

}  // namespace akin
