#include "akin/data/split_dataset.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "akin/base/error.h"

namespace akin {

namespace {

void check_events(const Dataset& data) {
  const auto wrong = [&](const Event& event) {
    return event.user >= data.n_users() || event.item >= data.n_items() || !std::isfinite(event.value);
  };
  if (std::ranges::any_of(data.events, wrong)) {
    fail(ErrorCode::kBadData,
         "{}: an event names a user or item that the data set does not have, or has no finite value",
         data.name);
  }
  if (!std::ranges::is_sorted(data.events, {}, &Event::user))
    fail(ErrorCode::kBadData, "{}: the events are not sorted by user", data.name);
}

}  // namespace

SplitDataset split_dataset(Dataset data, const SplitSpec& spec) {
  check_events(data);
  SplitDataset result;
  Split split = split_events(data, spec);
  if (!split.validation.empty() || !split.history.empty()) result.known = known_events(split);
  result.dataset = std::move(data);
  result.dataset.events = std::move(split.train);
  result.dataset.reviews = {};
  result.validation = std::move(split.validation);
  result.test = std::move(split.test);
  result.split = spec;
  return result;
}

std::vector<Event> SplitDataset::known_for_validation() const {
  std::vector<Event> events;
  std::ranges::copy_if(known.empty() ? dataset.events : known, std::back_inserter(events),
                       [](const Event& event) { return event.subset != Subset::kValidation; });
  return events;
}

}  // namespace akin
