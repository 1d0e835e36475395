#include "akin/experiment/compare.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/catalog/fit.h"
#include "akin/catalog/sources.h"
#include "akin/data/dataset.h"
#include "akin/data/event_contexts.h"
#include "akin/data/split_dataset.h"
#include "akin/experiment/embedding_map.h"
#include "akin/experiment/fit_watched.h"
#include "akin/nn/engine.h"
#include "akin/store/word_vectors.h"

namespace akin {
namespace {

/// One model on one split.
struct Run {
  ModelResult result;
  Fitted fitted = {};
  std::string failure = {};
  bool left_out = false;
};

/// The data with what any of the models reads of its events.
Dataset with_contexts(Dataset data, const std::vector<ModelSpec>& models) {
  std::vector<std::string> names;
  for (const ModelSpec& model : models) {
    const std::vector<std::string> more = event_attributes_of(model);
    names.insert(names.end(), more.begin(), more.end());
  }
  note_contexts(data, names);
  return data;
}

/// Collective. The text of the first rank that has one.
std::string first_said(const std::string& text, const Communicator& ranks) {
  for (std::string& said : gather_texts(ranks, text)) {
    if (!said.empty()) return std::move(said);
  }
  return "";
}

/// Fits a model over the ranks, or on each of them by itself where its work cannot be divided; what fails on one of
/// them then fails on all, so that none waits for the others.
WatchedFit fit_on_ranks(const ModelSpec& spec, const SplitDataset& data, const MonitorOptions& monitor,
                        const FitContext& context) {
  if (context.ranks().alone() || is_divisible(spec)) return fit_watched(spec, data, monitor, context);
  FitContext own = context;
  own.communicator = nullptr;
  WatchedFit fit;
  std::string failure;
  try {
    fit = fit_watched(spec, data, monitor, own);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    failure = error.what();
  }
  failure = first_said(failure, context.ranks());
  if (!failure.empty()) fail(ErrorCode::kBadData, "{}", failure);
  return fit;
}

/// Whether an error is about the model and its data, which all ranks meet alike. After any other they cannot go on.
bool of_the_model(const Error& error, const Communicator& ranks) {
  if (ranks.alone()) return error.code() != ErrorCode::kCancelled;
  return error.code() == ErrorCode::kBadData || error.code() == ErrorCode::kUsage;
}

Run train_and_evaluate(const ModelSpec& spec, const SplitDataset& data, const CompareOptions& options,
                       const FitContext& context) {
  Run run;
  run.result.model = spec.name();
  run.result.params = spec.all_params();
  try {
    MonitorOptions monitor;
    if (spec.traits().iterative && !data.validation.empty()) {
      monitor.metric = WatchedMetric::default_for(spec.traits());
      monitor.patience = options.patience;
    }
    WatchedFit fit = fit_on_ranks(spec, data, monitor, context);
    run.fitted = std::move(fit.fitted);
    run.result.fit_seconds = run.fitted.seconds;
    if (fit.history) {
      run.result.curve = std::move(fit.history->curve);
      run.result.watched = std::move(fit.history->metric);
    } else {
      for (const double loss : run.fitted.log.losses)
        run.result.curve.push_back({.epoch = static_cast<int>(run.result.curve.size()) + 1, .loss = loss});
    }
    EvaluateOptions evaluation = options.evaluation;
    evaluation.each_event = data.split.holdout == Holdout::kSessions;
    run.result.evaluation =
        evaluate(*run.fitted.model, spec.traits(), data.known_data(), data.test, evaluation, context);
  } catch (const Error& error) {
    if (!of_the_model(error, context.ranks())) throw;
    run.failure = error.what();
    run.fitted = {};
  }
  return run;
}

/// The models' results so far, one evaluation per split, pooled at the end.
class Comparer {
 public:
  Comparer(const std::vector<ModelSpec>& models, const CompareOptions& options, const Context& context)
      : models_(models), options_(options), context_{context}, runs_(models.size()), parts_(models.size()) {
    if (models.empty()) fail(ErrorCode::kUsage, "name models to compare, such as popularity and als");
    const std::vector<int>& cutoffs = options.evaluation.cutoffs;
    if (cutoffs.empty() || cutoffs.front() < 1 || !std::ranges::is_sorted(cutoffs, std::less_equal()))
      fail(ErrorCode::kUsage, "evaluation.cutoffs must be positive and ascending, such as 5, 10, 20");
    if (options.patience < 0) fail(ErrorCode::kUsage, "patience must be at least 0");
    if (options.word_vectors.empty()) return;
    words_ = read_word_vectors(options.word_vectors);
    context_.words = &words_;
  }

  /// `number` of `count` splits, from 0.
  void run(const SplitDataset& data, std::size_t number, std::size_t count, const std::string& reason = "") {
    if (data.split.holdout == Holdout::kNone)
      fail(ErrorCode::kUsage, "holdout none leaves nothing to compare on");
    result_.best.reset();
    result_.data_name = data.dataset.name;
    result_.splits.push_back(data.split);
    result_.summaries.push_back(summarize_split(data.split, reason, data.known_data().events, data.test));
    CompareOptions options = options_;
    if (count > 1) options.evaluation.resamples = 0;  // pooling makes the intervals
    // All at once, before the first fit.
    for (std::size_t m = 0; m < models_.size() && number == 0; ++m)
      check_sources(models_[m], data.dataset, runs_[m]);
    if (number == 0 && !context_.ranks().alone()) remark_undivided();
    for (std::size_t m = 0; m < models_.size(); ++m) {
      Run& all = runs_[m];
      if (!all.failure.empty() || all.left_out) continue;
      context_.remark(fmt::format("{} ({} of {}){}", models_[m].name(), m + 1, models_.size(),
                                  count > 1 ? fmt::format(", split {} of {}", number + 1, count) : ""));
      Run one = train_and_evaluate(models_[m], data, options, context_);
      const double seconds = all.result.fit_seconds + one.result.fit_seconds;
      all.failure = std::move(one.failure);
      parts_[m].push_back(one.result.evaluation);
      keep_if_best(models_[m], std::move(one.fitted), one.result.evaluation);
      if (parts_[m].size() == 1) all.result = std::move(one.result);
      all.result.fit_seconds = seconds;
    }
    if (options_.map && result_.best && number + 1 == count) draw_map(data);
  }

  CompareResult finish() {
    std::vector<ModelResult> results;
    std::vector<ModelFailure> failures;
    for (std::size_t m = 0; m < models_.size(); ++m) {
      Run& run = runs_[m];
      if (run.left_out) continue;
      if (!run.failure.empty()) {
        failures.push_back({std::string(models_[m].name()), std::move(run.failure)});
        continue;
      }
      if (parts_[m].size() > 1) run.result.evaluation = pool(parts_[m], options_.evaluation, context_);
      results.push_back(std::move(run.result));
    }
    ModelComparison& comparison = result_.comparison;
    comparison.results = std::move(results);
    comparison.failures = std::move(failures);
    comparison.tests = test_models(comparison.results, context_);
    if (result_.summaries.size() == 1 && !comparison.results.empty()) {
      const std::uint64_t held_out = result_.summaries[0].held_out_users;
      comparison.users_not_ranked = held_out - std::min(held_out, comparison.results[0].evaluation.users);
    }
    return std::move(result_);
  }

 private:
  void check_sources(const ModelSpec& model, const Dataset& data, Run& run) {
    std::string missing = missing_source(model, data);
    if (missing.empty() && model.traits().needs_nets) missing = nn::missing_library();
    missing = first_said(missing, context_.ranks());  // one machine may lack what others have
    if (missing.empty()) {
      const std::string remark = source_remark(model, data);
      if (!remark.empty() && !options_.leave_out_unsuited) context_.remark(remark);
      return;
    }
    run.left_out = options_.leave_out_unsuited;
    if (run.left_out)
      context_.remark(fmt::format("{} is left out: {}", model.name(), missing));
    else
      context_.remark(fmt::format("{} will fail: {}", model.name(), run.failure = std::move(missing)));
  }

  void remark_undivided() const {
    std::vector<std::string_view> names;
    for (std::size_t m = 0; m < models_.size(); ++m) {
      const bool runs = runs_[m].failure.empty() && !runs_[m].left_out;
      if (runs && !is_divisible(models_[m])) names.push_back(models_[m].name());
    }
    if (names.empty()) return;
    context_.remark(fmt::format("each of the {} processes fits all of these by itself: {}",
                                context_.ranks().size(), fmt::join(names, ", ")));
  }

  void keep_if_best(const ModelSpec& spec, Fitted fitted, const Evaluation& evaluation) {
    if (!options_.keep_best || !fitted.model || !options_.keep_best(*spec.entry, *fitted.model)) return;
    const double ndcg = evaluation.value(fmt::format("NDCG@{}", evaluation.bins_cutoff));
    if (result_.best && !(ndcg > best_ndcg_)) return;
    result_.best = BestModel{spec, std::move(fitted.model), fitted.seconds};
    best_ndcg_ = ndcg;
  }

  void draw_map(const SplitDataset& data) {
    std::vector<std::uint64_t> popularity(data.dataset.n_event_items(), 0);
    for (const Event& event : data.dataset.events) ++popularity[event.item];
    result_.comparison.map_model = result_.best->spec.name();
    result_.comparison.map = embedding_map(*result_.best->model, data.dataset, popularity, {}, context_);
  }

  const std::vector<ModelSpec>& models_;
  const CompareOptions& options_;
  FitContext context_;
  WordVectors words_;
  std::vector<Run> runs_;
  std::vector<std::vector<Evaluation>> parts_;
  CompareResult result_;
  double best_ndcg_ = 0;
};

std::vector<SplitSpec> splits_of(const Dataset& data, const CompareOptions& options, std::uint64_t seed) {
  std::vector<SplitSpec> splits = choose_splits(options.holdout, data, seed);
  for (SplitSpec& split : splits) split.validation = options.validation || options.patience > 0;
  return splits;
}

std::string reason_of(const Dataset& data, const CompareOptions& options) {
  return options.holdout.empty() ? default_split_reason(data) : "";
}

}  // namespace

CompareResult compare_files(const std::vector<std::string>& paths, const std::vector<ModelSpec>& models,
                            const CompareOptions& options, const Context& context) {
  if (paths.empty()) fail(ErrorCode::kUsage, "name data sets to compare on");
  if (paths.size() == 1) return compare(load_dataset(paths[0]), models, options, context);
  struct Round {
    const std::string& path;
    SplitSpec split;
    std::string reason;
  };
  std::vector<Round> rounds;  // all are known before the first fit, so that a wrong file is reported at once
  for (const std::string& path : paths) {
    const Dataset data = load_dataset(path);
    for (const SplitSpec& split : splits_of(data, options, context.seed))
      rounds.push_back({path, split, reason_of(data, options)});
  }
  Comparer comparer(models, options, context);
  for (std::size_t r = 0; r < rounds.size(); ++r)
    comparer.run(split_dataset(with_contexts(load_dataset(rounds[r].path), models), rounds[r].split), r,
                 rounds.size(), rounds[r].reason);
  return comparer.finish();
}

CompareResult compare(Dataset data, const std::vector<ModelSpec>& models, const CompareOptions& options,
                      const Context& context) {
  data = with_contexts(std::move(data), models);
  const std::vector<SplitSpec> splits = splits_of(data, options, context.seed);
  const std::string reason = reason_of(data, options);
  Comparer comparer(models, options, context);
  for (std::size_t s = 0; s < splits.size(); ++s) {
    const bool last = s + 1 == splits.size();
    comparer.run(split_dataset(last ? std::move(data) : Dataset(data), splits[s]), s, splits.size(), reason);
  }
  return comparer.finish();
}

CompareResult compare(const SplitDataset& data, const std::vector<ModelSpec>& models,
                      const CompareOptions& options, const Context& context) {
  Comparer comparer(models, options, context);
  comparer.run(data, 0, 1);
  return comparer.finish();
}

std::vector<ModelSpec> find_models(const std::vector<std::string>& names) {
  std::vector<ModelSpec> list;
  const auto add = [&](const ModelEntry& entry) {
    if (std::ranges::find(list, &entry, &ModelSpec::entry) == list.end()) list.emplace_back(entry);
  };
  for (const std::string& name : names) {
    if (name == "all") {
      for (const ModelEntry& entry : models()) add(entry);
    } else if (name.starts_with('-')) {
      const ModelEntry& without = find_model(name.substr(1));
      std::erase_if(list, [&](const ModelSpec& spec) { return spec.entry == &without; });
    } else {
      add(find_model(name));
    }
  }
  if (list.empty()) fail(ErrorCode::kUsage, "name models, such as popularity,als, or all");
  return list;
}

}  // namespace akin
