#include "akin/data/split_dataset.h"

#include <algorithm>
#include <iterator>

namespace akin {

SplitDataset split_dataset(Dataset data, const SplitSpec& spec) {
  SplitDataset result;
  Split split = split_events(data, spec);
  if (!split.validation.empty() || !split.history.empty()) result.known = known_events(split);
  result.shop = std::move(data);
  result.shop.events = std::move(split.train);
  result.shop.reviews = {};
  result.validation = std::move(split.validation);
  result.test = std::move(split.test);
  result.split = spec;
  return result;
}

std::vector<Event> SplitDataset::known_for_validation() const {
  std::vector<Event> events;
  std::ranges::copy_if(known.empty() ? shop.events : known, std::back_inserter(events),
                       [](const Event& event) { return event.part != Part::kValidation; });
  return events;
}

}  // namespace akin
