#include "akin/experiment/tune.h"

#include "akin/base/error.h"
#include "akin/catalog/sources.h"
#include "akin/data/event_contexts.h"
#include "akin/data/split_dataset.h"
#include "akin/experiment/tune/tuner.h"
#include "akin/store/word_vectors.h"

namespace akin {

std::string trial_states_folder(const std::string& log) { return log + ".states"; }

void check_search(const ModelSpec& model, const TuneOptions& options) {
  const SearchSpace space(*model.entry, model.params, options.ranges);
  if (!options.metric.empty()) WatchedMetric(options.metric, model.traits());
}

TuneResult tune(Dataset data, const ModelSpec& model, const TuneOptions& options, const Context& context) {
  const SearchSpace space(*model.entry, model.params, options.ranges);
  if (const std::string missing = missing_source(model, data); !missing.empty())
    fail(ErrorCode::kBadData, "{}", missing);
  WordVectors words;
  if (!options.word_vectors.empty()) words = read_word_vectors(options.word_vectors);
  std::vector<std::string> attributes = event_attributes_of(model);
  for (const Dimension& dimension : space.dimensions()) {
    if (dimension.name != "inputs") continue;
    for (const std::string& choice : dimension.choices) {
      const std::vector<std::string> more = event_attributes_of({*model.entry, {{"inputs", choice}}});
      attributes.insert(attributes.end(), more.begin(), more.end());
    }
  }
  note_contexts(data, attributes);
  SplitSpec split = choose_split(options.holdout, data, context.seed);
  split.validation = true;
  const std::string reason = options.holdout.empty() ? default_split_reason(data) : "";
  SplitDataset parts = split_dataset(std::move(data), split);
  if (const std::string remark = source_remark(model, parts.dataset); !remark.empty()) context.remark(remark);
  parts.test.clear();  // the held-out events are forgotten here
  const std::vector<Event> known = parts.known_for_validation();
  if (options.halving && !model.traits().iterative)
    context.remark(
        fmt::format("{} is not trained in epochs: random search instead of halving", model.name()));
  TuneResult result =
      tune_task({*model.entry, space, parts.training_data(), parts.validation, known,
                 split.holdout == Holdout::kSessions, options.word_vectors.empty() ? nullptr : &words,
                 parse_candidates(options.candidates, context.seed)},
                options, context);
  result.split = split;
  result.summary = summarize_split(split, reason, known, parts.validation);
  result.validation_events = parts.validation.size();
  if (result.found > 0)
    context.remark(fmt::format("{}: {} finished trials taken from there", options.log, result.found));
  return result;
}

}  // namespace akin
