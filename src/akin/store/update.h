// More events for a trained model.
#pragma once

#include <memory>

#include "akin/data/merge.h"
#include "akin/models/fit_start.h"
#include "akin/store/bundle.h"

namespace akin {

/// A bundle and more data, made ready for a fit that goes on from the bundle's model.
struct Update {
  const ModelEntry* entry = nullptr;
  ParamValues params;  ///< of the bundle
  std::uint64_t seed = 42;
  int updates = 0;             ///< before this one
  std::unique_ptr<Model> old;  ///< the bundle's model
  FitStart start;              ///< from `old`; of the users and items of the arena
  Arena arena;                 ///< trains on the bundle's training events and the new ones
  MergeCounts counts;
};

/// Merges `more` into the bundle's data (see merge()): its held-out, validation and history events stay what
/// they are, all new events are trained on. Throws Error(kBadData) if `more` has no new event.
Update prepare_update(Bundle bundle, const Dataset& more);

}  // namespace akin
