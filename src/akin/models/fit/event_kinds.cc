#include "akin/models/fit/event_kinds.h"

#include <algorithm>
#include <iterator>

#include "akin/base/communicator.h"
#include "akin/base/error.h"

namespace akin {

Param event_kind_param(std::string* kind, std::string_view help) {
  std::vector<std::string_view> choices = {"any"};
  choices.insert(choices.end(), kEventKindNames.begin(), kEventKindNames.end());
  return {"kind", kind, help, 0, 0, std::move(choices)};
}

std::vector<Event> events_of_kind(std::span<const Event> events, std::string_view kind,
                                  std::string_view model, const Context& context) {
  std::vector<Event> result;
  std::ranges::copy_if(events, std::back_inserter(result), [&](const Event& event) {
    return kind == "any" || kEventKindNames[static_cast<std::size_t>(event.kind)] == kind;
  });
  std::size_t counts[] = {events.size(), result.size()};
  add_over_ranks(context.ranks(), std::span<std::size_t>(counts));
  if (counts[0] == 0)
    fail(ErrorCode::kBadData, "{}: no events to train on; check the filters and the split", model);
  if (counts[1] == 0) {
    fail(ErrorCode::kBadData, "{}: none of the {} training events is of kind {}; `akin describe` counts them",
         model, counts[0], kind);
  }
  return result;
}

}  // namespace akin
