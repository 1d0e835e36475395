// Models that look at one kind of event only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/param.h"
#include "akin/data/dataset.h"

namespace akin {

/// The parameter `kind`: "any", or the name of a kind of event. `help` ends its sentence.
Param event_kind_param(std::string* kind, std::string_view help);

/// The events of `kind`, in their order. Throws Error(kBadData) naming `model` if no rank has any. Collective.
std::vector<Event> events_of_kind(std::span<const Event> events, std::string_view kind,
                                  std::string_view model, const Context& context);

}  // namespace akin
