// Questions with known answers, from a split inside a training side, to learn the weights of sources by.
#pragma once

#include <optional>
#include <vector>

#include "akin/data/split_dataset.h"
#include "akin/fusion/fused.h"

namespace akin {

/// A training side without some of its events.
struct HeldOutQueries {
  SplitDataset data;        ///< what is left
  std::vector<Event> cold;  ///< events of items that have none left, sorted by user
  std::vector<Event> warm;  ///< of other items, sorted by user
};

/// Takes all events of a fifth of the items out, then a tenth of those that each user has left, by context.seed. The
/// reviews of these events go too. nullopt if nothing would be left, or less than ten events held out.
std::optional<HeldOutQueries> hold_out_queries(const TrainingData& data, const Context& context);

/// Asks sources that were fitted to held.data for `config.queries` of the cold events and as many of the warm ones, drawn
/// by seed, of as many users as there are: each beside `config.negatives` items of its stratum that the user did not have. The same bits at any number of
/// threads.
SourceQueries ask_queries(const std::vector<FusedSource>& sources, const HeldOutQueries& held,
                          const Fused::Config& config, const Context& context);

}  // namespace akin
