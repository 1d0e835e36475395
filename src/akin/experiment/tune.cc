#include "akin/experiment/tune.h"

#include "akin/base/error.h"
#include "akin/data/split_dataset.h"

namespace akin {

TuneRun tune(Dataset data, const std::string& holdout, const SearchSpace& space, const TuneOptions& options,
             const Context& context) {
  const ModelEntry& entry = space.entry();
  SplitSpec split = choose_split(holdout, data, context.seed);
  split.validation = true;
  SplitDataset parts = split_dataset(std::move(data), split);
  parts.test.clear();  // the held-out events are forgotten here
  const std::vector<Event> known = parts.known_for_validation();
  if (options.halving && !entry.traits.iterative())
    context.remark(fmt::format("{} is not fitted in passes: random search instead of halving", entry.name));
  TuneRun run{tune({entry, space, parts.training_data(), parts.validation, known,
                    split.holdout == Holdout::kSessions},
                   options, context),
              split, parts.validation.size()};
  if (run.result.found > 0)
    context.remark(fmt::format("{}: {} finished trials taken from there", options.log, run.result.found));
  return run;
}

}  // namespace akin
