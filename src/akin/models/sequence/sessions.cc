#include "akin/models/sequence/sessions.h"

namespace akin {
namespace {

bool parts(std::int64_t before, std::int64_t after, int gap) {
  if (gap == 0 || before == kNoTime || after == kNoTime) return false;
  // In whole seconds: the difference of two times in microseconds may not fit.
  return floor_seconds(after) - floor_seconds(before) > gap;
}

}  // namespace

Sessions cut_sessions(std::span<const Event> events, int gap) {
  Sessions sessions;
  sessions.items.reserve(events.size());
  sessions.times.reserve(events.size());
  for (std::size_t e = 0; e < events.size(); ++e) {
    const bool begins =
        e == 0 || events[e].user != events[e - 1].user || parts(events[e - 1].time, events[e].time, gap);
    if (begins) {
      sessions.users.push_back(events[e].user);
      sessions.offsets.push_back(e);
    }
    sessions.offsets.back() = e + 1;
    sessions.items.push_back(events[e].item);
    sessions.times.push_back(events[e].time);
  }
  return sessions;
}

std::size_t last_session(const Query& query, int gap) {
  std::size_t begin = query.history.size();
  if (begin > 0) --begin;
  if (query.times.empty()) return 0;
  while (begin > 0 && !parts(query.times[begin - 1], query.times[begin], gap)) --begin;
  return begin;
}

Param session_gap_param(int* gap) {
  return {"session_gap", gap, "a new session begins after this many seconds without an event; 0 = never", 0,
          1'000'000'000};
}

}  // namespace akin
