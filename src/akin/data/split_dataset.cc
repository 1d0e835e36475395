#include "akin/data/split_dataset.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "akin/base/communicator.h"
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

/// Keeps what was said of training events.
void keep_training(Dataset& data, const std::vector<Subset>& subsets) {
  if (data.reviews.size() == 0 && data.event_attributes.empty()) return;
  std::vector<std::uint64_t> kept_events, kept_reviews;
  std::vector<std::uint64_t> new_of(subsets.size());
  for (std::uint64_t e = 0; e < subsets.size(); ++e) {
    new_of[e] = kept_events.size();
    if (subsets[e] == Subset::kTrain) kept_events.push_back(e);
  }
  data.event_attributes = data.event_attributes.select(kept_events);
  ReviewTable& reviews = data.reviews;
  for (std::uint64_t r = 0; r < reviews.size(); ++r) {
    const std::uint64_t event = reviews.event[r];
    if (subsets[event] != Subset::kTrain) continue;
    reviews.event[kept_reviews.size()] = new_of[event];
    kept_reviews.push_back(r);
  }
  reviews.event.resize(kept_reviews.size());
  reviews.summary = reviews.summary.select(kept_reviews);
  reviews.text = reviews.text.select(kept_reviews);
}

}  // namespace

SplitDataset split_dataset(Dataset data, const SplitSpec& spec, const Communicator& ranks) {
  check_events(data);
  SplitDataset result;
  Split split = split_events(data, spec, ranks);
  if (sum_over_ranks(ranks, split.validation.size() + split.history.size()) > 0)
    result.known = known_events(split);
  result.dataset = std::move(data);
  keep_training(result.dataset, split.subsets);
  result.dataset.events = std::move(split.train);
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
