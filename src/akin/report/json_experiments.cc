// JSON of experiments: training, comparing, tuning.
#include <algorithm>
#include <cmath>

#include "akin/report/experiment_text.h"
#include "akin/report/json.h"

namespace akin {

using nlohmann::json;

json model_json(const ModelEntry& entry) {
  json params = json::array();
  for (const ModelEntry::ParamInfo& info : entry.params()) {
    json param = {{"name", info.param.name},
                  {"type", info.type},
                  {"default", info.default_value},
                  {"help", info.param.help}};
    if (info.type == "int" || info.type == "float") {
      param["min"] = info.param.min;
      param["max"] = info.param.max;
    }
    if (info.param.search.on()) param["search"] = search_text(info);
    if (!info.param.choices.empty()) param["choices"] = info.param.choices;
    params.push_back(std::move(param));
  }
  return {{"name", entry.name},
          {"summary", entry.summary},
          {"personalized", entry.traits.personalized},
          {"predicts_ratings", entry.traits.predicts_ratings},
          {"iterative", entry.traits.iterative},
          {"deterministic", entry.traits.deterministic},
          {"distributed", entry.traits.distributed},
          {"uses_order", entry.traits.uses_order},
          {"uses_times", entry.traits.uses_times},
          {"uses_receipts", entry.traits.uses_receipts},
          {"uses_reviews", entry.traits.uses_reviews},
          {"uses_attributes", entry.traits.uses_attributes},
          {"uses_content", entry.traits.uses_content},
          {"explains", entry.traits.explains},
          {"warm_start", entry.traits.warm_start},
          {"takes_item_vectors", entry.traits.takes_item_vectors},
          {"params", std::move(params)}};
}

json history_json(const FitHistory& history) {
  json curve = json::array();
  for (const CurvePoint& point : history.curve) {
    curve.push_back({{"epoch", point.epoch},
                     {"loss", number_json(point.loss)},
                     {"value", number_json(point.value)},
                     {"seconds", point.seconds}});
  }
  json result = {{"epochs", history.epochs}, {"resumed_at", history.resumed_at}, {"curve", std::move(curve)}};
  if (const CurvePoint* best = history.best()) {
    result["metric"] = history.metric;
    result["best_epoch"] = best->epoch;
    result["best_value"] = best->value;
  }
  return result;
}

json split_json(const SplitSummary& split) {
  json result = {{"holdout", to_string(split.spec)},
                 {"users", split.users},
                 {"held_out_users", split.held_out_users},
                 {"events", split.events},
                 {"held_out_events", split.held_out_events}};
  if (!split.reason.empty()) result["default_reason"] = split.reason;
  return result;
}

json measured_json(const Bundle& bundle) {
  const Measured& measured = bundle.measured.value();
  json result = {{"holdout", measured.holdout},
                 {"training_events", measured.training_events},
                 {"evaluation", evaluation_json(measured_result(bundle).evaluation)}};
  if (measured.epochs > 0) result["epochs"] = measured.epochs;
  return result;
}

json train_json(const TrainResult& trained, const std::string& path) {
  const Bundle& bundle = trained.bundle;
  json losses = json::array();
  for (const double loss : trained.log.losses) {
    if (!std::isnan(loss)) losses.push_back(number_json(loss));
  }
  json result = {{"model", bundle.entry->name},
                 {"params", bundle.params},
                 {"seed", bundle.seed},
                 {"holdout", to_string(bundle.split)},
                 {"training_events", trained.counts.training},
                 {"validation_events", trained.counts.validation},
                 {"history_events", trained.counts.history},
                 {"held_out_events", trained.counts.held_out},
                 {"seconds", bundle.fit_seconds},
                 {"losses", std::move(losses)},
                 {"bundle", path}};
  if (trained.history) result["monitor"] = history_json(*trained.history);
  result["split"] = split_json(trained.split);
  if (bundle.measured) result["measured"] = measured_json(bundle);
  return result;
}

json update_json(const UpdateResult& result, const std::string& path) {
  return {{"model", result.bundle.entry->name},
          {"params", result.bundle.params},
          {"how", how_text(result)},
          {"new_events", result.counts.events},
          {"new_users", result.counts.users},
          {"new_items", result.counts.items},
          {"new_items_without_events", result.counts.items_without_events},
          {"known_events", result.counts.known},
          {"updates", result.bundle.updates},
          {"seconds", result.bundle.fit_seconds},
          {"bundle", path}};
}

json forget_json(const ForgetResult& result, const ForgetOptions& options) {
  constexpr std::string_view kActions[] = {"none", "rewritten", "deleted"};
  json files = json::array();
  for (const ForgottenFile& file : result.files) {
    json entry = {{"file", file.path},
                  {"kind", file.kind},
                  {"action", kActions[static_cast<std::size_t>(file.action)]},
                  {"users", file.removed.users},
                  {"events", file.removed.events},
                  {"held_out_events", file.removed.held_out},
                  {"reviews", file.removed.reviews},
                  {"attributes", file.removed.attributes},
                  {"candidates", file.removed.candidates},
                  {"mentions", file.removed.mentions}};
    if (file.kind == "model") entry.update({{"model", file.model}, {"from_model", file.from_model}});
    files.push_back(std::move(entry));
  }
  return {{"dry_run", options.dry_run}, {"missing", result.missing.size()}, {"files", std::move(files)}};
}

namespace {

json metric_json(const Metric& metric) {
  json result = {{"value", number_json(metric.value)}};
  if (std::isfinite(metric.low)) result["interval"] = {metric.low, metric.high};
  return result;
}

}  // namespace

json evaluation_json(const Evaluation& e) {
  json metrics = json::object(), bins = json::array();
  for (const Metric& metric : e.metrics) metrics[metric.name] = metric_json(metric);
  for (const PopularityBin& bin : e.bins) {
    bins.push_back({{"min_events", bin.min_events},
                    {"max_events", bin.max_events},
                    {"held_out", bin.held_out},
                    {"hits", bin.hits}});
  }
  return {{"protocol", e.protocol},
          {"users", e.users},
          {"lists", e.lists},
          {"test_events", e.test_events},
          {"repeated_events", e.repeated_events},
          {"warm_item_events", e.warm_item_events},
          {"duplicate_events", e.duplicate_events},
          {"cold_item_events", e.cold_item_events},
          {"cold_users", e.cold_users},
          {"fallback_users", e.fallback_users},
          {"mean_events", e.mean_events},
          {"cutoffs", e.cutoffs},
          {"metrics", std::move(metrics)},
          {"bins_cutoff", e.bins_cutoff},
          {"popularity_bins", std::move(bins)},
          {"seconds", e.seconds}};
}

json evaluated_json(const ModelResult& result, const SplitSpec& split) {
  return {{"model", result.model},
          {"params", result.params},
          {"holdout", to_string(split)},
          {"evaluation", evaluation_json(result.evaluation)}};
}

namespace {

json test_json(const Comparison& test, const std::vector<ModelResult>& results) {
  json rivals = json::array();
  for (const Rival& rival : test.rivals) {
    json row = {{"model", results[rival.model].model}, {"difference", number_json(rival.difference)}};
    if (rival.tests) {
      row["users"] = rival.tests->users;
      row["changed_users"] = rival.tests->changed;
      row["student_p"] = rival.tests->student_p;
      row["wilcoxon_p"] = rival.tests->wilcoxon_p;
      row["randomization_p"] = rival.tests->randomization_p;
      row["adjusted_p"] = rival.adjusted_p;
    }
    rivals.push_back(std::move(row));
  }
  return {{"metric", test.metric},
          {"best", test.best ? json(results[*test.best].model) : json()},
          {"significant", test.significant},
          {"rivals", std::move(rivals)}};
}

}  // namespace

json comparison_json(const ModelComparison& comparison) {
  json models = json::array(), tests = json::array();
  for (const ModelResult& model : comparison.results) {
    json params = json::object();
    for (const auto& [name, value] : model.params) params[name] = valid_utf8(value);
    models.push_back({{"model", model.model},
                      {"params", std::move(params)},
                      {"fit_seconds", model.fit_seconds},
                      {"evaluation", evaluation_json(model.evaluation)}});
  }
  for (const ModelFailure& failure : comparison.failures)
    models.push_back({{"model", failure.model}, {"error", failure.message}});
  for (const Comparison& test : comparison.tests) tests.push_back(test_json(test, comparison.results));
  return {{"models", std::move(models)},
          {"tests", std::move(tests)},
          {"users_not_ranked", comparison.users_not_ranked}};
}

json tune_json(const TuneReport& report) {
  json trials = json::array();
  for (const Trial& trial : report.result.trials) {
    json row = {{"trial", trial.number},
                {"value", number_json(trial.value)},
                {"params", trial.params},
                {"seconds", trial.seconds}};
    if (std::isfinite(trial.low)) row["interval"] = {trial.low, trial.high};
    if (report.entry.traits.iterative)
      row.update({{"best_epoch", trial.best_epoch}, {"epochs", trial.epochs}});
    if (trial.failed()) row["error"] = trial.failure;
    trials.push_back(std::move(row));
  }
  const BestConfiguration best = best_configuration(report.entry, report.result.trials.front());
  return {{"model", report.entry.name},
          {"metric", report.result.metric},
          {"protocol", report.protocol},
          {"split", split_json(report.result.summary)},
          {"seed", report.seed},
          {"best", {{"params", best.params}, {"stop_after", best.stop_after}}},
          {"failed", report.result.failures()},
          {"trials", std::move(trials)}};
}

}  // namespace akin
