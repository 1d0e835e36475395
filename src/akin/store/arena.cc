#include "akin/store/arena.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace akin {

Arena make_arena(Dataset data, const SplitSpec& spec) {
  Arena arena;
  Split split = split_events(data, spec);
  if (!split.validation.empty() || !split.history.empty()) arena.known = known_events(split);
  arena.shop = std::move(data);
  arena.shop.events = std::move(split.train);
  arena.shop.reviews = {};
  arena.validation = std::move(split.validation);
  arena.test = std::move(split.test);
  arena.split = spec;
  return arena;
}

std::vector<Event> Arena::known_for_validation() const {
  std::vector<Event> events;
  std::ranges::copy_if(known.empty() ? shop.events : known, std::back_inserter(events),
                       [](const Event& event) { return event.part != Part::kValidation; });
  return events;
}

Fitted fit_in(const Arena& arena, const ModelEntry& entry, const ParamValues& params,
              const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  Fitted fitted{entry.fit(arena.training_data(), params, context), 0};
  fitted.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return fitted;
}

}  // namespace akin
