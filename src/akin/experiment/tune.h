// The search for good parameters of a model on a data set.
#pragma once

#include <cstdint>
#include <string>

#include "akin/data/dataset.h"
#include "akin/data/split.h"
#include "akin/experiment/tune/tuner.h"

namespace akin {

/// What a search found, and on what.
struct TuneRun {
  TuneResult result;
  SplitSpec split;
  std::uint64_t validation_events = 0;
};

/// Splits off test and validation events, forgets the test events, and searches the space on the validation
/// events: tune() of tuner.h. `holdout` is as TrainOptions::holdout. Remarks: halving of a model that is not
/// fitted in passes is random search; how many finished trials a log gave.
TuneRun tune(Dataset data, const std::string& holdout, const SearchSpace& space, const TuneOptions& options,
             const Context& context = {});

}  // namespace akin
