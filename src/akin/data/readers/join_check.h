// How well a table of items or users fits the events.
#pragma once

#include <string>
#include <string_view>

#include "akin/data/id_map.h"

namespace akin {

/// The ids of a table beside those of the events.
struct Join {
  const IdMap& described;  ///< ids of the table
  const IdMap& ids;        ///< those of the events are the first `with_events`
  idx_t with_events = 0;
  std::string_view what;   ///< "items"
  bool can_clean = false;  ///< the caller has --clean-ids to name
};

/// "matches 0 of 412 items; 398 would match without the trailing .0, as '3' and '3.0'" where less than half match
/// or more would if the ids were written alike; else "".
std::string join_doubt(const Join& join);

}  // namespace akin
